import onnxProto from 'onnx-proto'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { attention, gelu, layerNorm, linear } from '#training/engine/ops/index.ts'
import { withDynamicBatch } from '#training/engine/record/graph/dynamic-batch.ts'
import { encodeOnnx } from '#training/engine/record/graph/encode-onnx.ts'
import { executionOrder } from '#training/engine/record/graph/execution-order.ts'
import type { ConstantData, Value } from '#training/engine/record/graph/graph.ts'
import { record } from '#training/engine/record/record.ts'
import * as tf from '#training/tensor/tf.ts'
import { noise } from '../../helpers.ts'

type Body = (x: tf.Tensor) => tf.Tensor

/** Records a function of x [batch, 3, 8] for every batch. */
const recorded = (body: Body, isPortable = true): Record<string, Value> =>
  withDynamicBatch((batch) =>
    record('test', (recording) => ({ y: body(recording.input('x', { shape: [batch, 3, 8], type: 'float32' })) }), {
      isPortable,
    }),
  )

const weights = { qkv: noise(1, 24, 8), token: noise(2, 1, 1, 8) }
const constant = (name: keyof typeof weights): tf.Tensor => tf.tensor(weights[name].data, [...weights[name].shape])

const bodies: Record<string, Body> = {
  'a transformer block': (x) =>
    gelu(
      attention(
        layerNorm(linear(x, constant('qkv').slice([0, 0], [8, 8])), undefined, undefined, 1e-6).concat([x, x], 2),
        2,
      ),
    ),
  'a token in front': (x) => tf.concat([tf.zeros([x.shape[0]!, 1, 8]).add(constant('token')), x], 1),
  'splats of the batch': (x) => x.add(tf.concat([tf.ones([x.shape[0]!, 1, 8]), tf.zeros([x.shape[0]!, 2, 8])], 1)),
  'lengths that are multiples of the batch': (x) =>
    tf
      .concat([tf.zeros([x.shape[0]! * 3, 1]).add(tf.ones([1, 1])), x.reshape([x.shape[0]! * 3, 8])], 1)
      .reshape([x.shape[0]!, 27]),
  'products of batches': (x) => tf.matMul(x.mul(0.5), x, false, true),
}

async function run(bytes: Uint8Array, batch: number): Promise<{ data: ArrayLike<unknown>; dims: readonly number[] }> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const { y } = await session.run({
    x: new ort.Tensor('float32', noise(batch, batch, 3, 8).data as Float32Array, [batch, 3, 8]),
  })
  await session.release()
  return { data: y!.data as Float32Array, dims: y!.dims }
}

/** The same function recorded for one batch only, as the engine does. */
const fixed = (body: Body, batch: number) =>
  encodeOnnx(
    'fixed',
    record('fixed', (recording) => ({ y: body(recording.input('x', { shape: [batch, 3, 8], type: 'float32' })) })),
  ).bytes

describe('withDynamicBatch', () => {
  it.each(Object.keys(bodies))('computes %s for any batch', async (name) => {
    const body = bodies[name]!
    const graph = recorded(body)
    expect(executionOrder(Object.values(graph)).filter(({ operator }) => operator.includes('.'))).toEqual([])
    const { bytes } = encodeOnnx(name, graph)
    for (const batch of [1, 2, 3, 5]) {
      const [found, expected] = [await run(bytes, batch), await run(fixed(body, batch), batch)]
      expect(found.dims).toEqual(expected.dims)
      Array.from(expected.data).forEach((value, index) => expect(found.data[index]).toBeCloseTo(Number(value), 5))
    }
  })

  it('names the batch in inputs and outputs', () => {
    const model = onnxProto.onnx.ModelProto.decode(
      encodeOnnx(
        'x',
        recorded((x) => x.add(1)),
      ).bytes,
    )
    const dimensions = [...model.graph!.input!, ...model.graph!.output!].map(({ type }) =>
      type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || Number(dimValue)),
    )
    expect(dimensions).toEqual([
      ['batch', 3, 8],
      ['batch', 3, 8],
    ])
  })

  it('rejects a function that mixes the samples of a batch', () => {
    expect(() => recorded((x) => x.sum().div(x.shape[0]!))).toThrowErrorMatchingInlineSnapshot(
      `[Error: The graph depends on the batch in more than its shapes: a constant differs between two batch sizes.]`,
    )
    expect(() => recorded((x) => (x.shape[0] === 1009 ? x : x.add(1)))).toThrowErrorMatchingInlineSnapshot(
      `[Error: The graph depends on the batch in more than its shapes: the number of operators differs between two batch sizes.]`,
    )
    expect(() =>
      recorded((x) => x.reshape([24, x.shape[0]!]).add(tf.range(0, x.shape[0]!))),
    ).toThrowErrorMatchingInlineSnapshot(
      `[Error: The graph depends on the batch in more than its shapes: a constant differs between two batch sizes.]`,
    )
  })
})

describe('encodeOnnx', () => {
  it('writes metadata, names of weights, and references to external constants', () => {
    const outside: ConstantData[] = []
    const { qkv } = weights
    const graph = record('test', (recording) => {
      const weight = recording.constant(qkv.data, { shape: qkv.shape, type: 'float32' })
      return { y: linear(recording.input('x', { shape: [2, 3, 8], type: 'float32' }), weight) }
    })
    const { bytes } = encodeOnnx('x', graph, {
      metadata: { license: 'none' },
      nameOf: ({ source }) => (source.kind === 'constant' && source.data === qkv.data ? 'blocks.0.qkv' : undefined),
      external: (data) =>
        data.byteLength > 100
          ? { location: 'x.data', offset: 4096 * outside.push(data), length: data.byteLength }
          : undefined,
    })
    const { metadataProps, graph: written, opsetImport } = onnxProto.onnx.ModelProto.decode(bytes)
    expect(metadataProps).toMatchObject([{ key: 'license', value: 'none' }])
    expect(opsetImport.map(({ domain }) => domain)).toEqual([''])
    expect(outside).toEqual([qkv.data])
    const weight = written!.initializer!.find(({ name }) => name === 'blocks.0.qkv')!
    expect(weight.externalData).toMatchObject([
      { key: 'location', value: 'x.data' },
      { key: 'offset', value: '4096' },
      { key: 'length', value: '768' },
    ])
    expect(weight.rawData).toHaveLength(0)
  })
})
