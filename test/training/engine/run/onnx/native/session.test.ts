import { describe, expect, it, onTestFinished } from 'vitest'
import { collectGarbage } from '#training/engine/collect-garbage.ts'
import { encodeOnnx } from '#training/engine/record/graph/encode-onnx.ts'
import { Graph } from '#training/engine/record/graph/graph.ts'
import { loadNative } from '#training/engine/run/onnx/native/runtime.ts'
import { onHost, type Session } from '#training/engine/run/onnx/runtime.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'

const runtime = await loadNative()

const vector = (...numbers: number[]): HostTensor => ({
  shape: [numbers.length],
  dtype: 'float32',
  data: Float32Array.from(numbers),
})

/** A graph that doubles `x` and also returns it as integers. */
function doubling(length: number): Uint8Array {
  const graph = new Graph()
  const x = graph.input('x', { shape: [length], type: 'float32' })
  const twice = graph.node('Add', [x, x], x)
  const whole = graph.node('Cast', [twice], { shape: [length], type: 'int32' }, { to: { int: 6 } })
  return encodeOnnx('doubling', { twice, whole }).bytes
}

async function open(length = 3): Promise<Session> {
  const session = await runtime.open(doubling(length), { device: { kind: 'cpu' }, threads: 1, isQuiet: true })
  onTestFinished(() => session.release())
  return session
}

describe("a session on ONNX Runtime's C interface", () => {
  it('names inputs and outputs, and returns tensors of the declared types', async () => {
    const session = await open()
    expect([session.inputNames, session.outputNames]).toEqual([['x'], ['twice', 'whole']])
    expect(await session.run({ x: vector(1, 2.5, -3) })).toEqual({
      twice: vector(2, 5, -6),
      whole: { shape: [3], dtype: 'int32', data: Int32Array.of(2, 5, -6) },
    })
  })

  it('writes an output to the place given for it, in memory that threads share too', async () => {
    const session = await open()
    const place: HostTensor = { shape: [3], dtype: 'float32', data: new Float32Array(new SharedArrayBuffer(64), 16, 3) }
    const results = await session.run({ x: vector(1, 2, 3) }, { twice: place })
    expect(results['twice']).toBe(place)
    expect([...place.data]).toEqual([2, 4, 6])
  })

  it('reads inputs at the time of the run', async () => {
    const session = await open()
    const x = vector(1, 2, 3)
    await session.run({ x })
    x.data.set([10, 20, 30])
    expect([...onHost(await session.run({ x }), 'twice').data]).toEqual([20, 40, 60])
  })

  it('works while earlier sessions and runs are garbage collected', async () => {
    const session = await open(1000)
    for (let round = 0; round < 20; round++) {
      const other = await runtime.open(doubling(4), { device: { kind: 'cpu' }, threads: 1, isQuiet: true })
      const x = vector(...Array.from({ length: 1000 }, (_, index) => index + round))
      const running = Promise.all([session.run({ x }), other.run({ x: vector(round, 1, 2, 3) })])
      collectGarbage()
      const [large, small] = await running
      expect(onHost(large, 'twice').data[999]).toBe(2 * (999 + round))
      expect(onHost(small, 'whole').data[0]).toBe(2 * round)
      await other.release()
    }
  })

  it.each([
    ['a missing input', {}, 'x'],
    ['an input of another name', { x: vector(1, 2, 3), y: vector(1) }, 'y'],
    ['an input of another shape', { x: vector(1, 2) }, 'x'],
    [
      'an input of another type',
      { x: { shape: [3], dtype: 'int32', data: new Int32Array(3) } satisfies HostTensor },
      'x',
    ],
  ])('rejects %s by name, and remains usable', async (_what, feeds, name) => {
    const session = await open()
    await expect(session.run(feeds)).rejects.toThrow(name)
    expect(onHost(await session.run({ x: vector(1, 1, 1) }), 'twice')).toEqual(vector(2, 2, 2))
  })

  it('rejects an output tensor of the wrong size', async () => {
    const session = await open()
    await expect(session.run({ x: vector(1, 2, 3) }, { twice: vector(0, 0) })).rejects.toThrow(
      /invalid dimensions for output: twice[^]*Got: 2 Expected: 3/,
    )
  })

  it('is released after its current runs', async () => {
    const session = await open(100_000)
    const x: HostTensor = { shape: [100_000], dtype: 'float32', data: new Float32Array(100_000).fill(1.5) }
    const ended: string[] = []
    const run = session.run({ x }).then((results) => {
      ended.push('run')
      return results
    })
    const release = session.release().then(() => ended.push('release'))
    expect(onHost(await run, 'twice').data[99_999]).toBe(3)
    await release
    expect(ended).toEqual(['run', 'release'])
  })

  it('rejects a file that is not a graph, and runs after its release', async () => {
    await expect(
      runtime.open(new Uint8Array([1, 2, 3]), { device: { kind: 'cpu' }, threads: 1, isQuiet: true }),
    ).rejects.toThrow(/protobuf parsing failed/)
    const session = await open()
    await session.release()
    await expect(session.run({ x: vector(1, 2, 3) })).rejects.toThrow('The session has been released.')
  })
})
