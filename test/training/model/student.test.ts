import { describe, expect, it } from 'vitest'
import { draws } from '#training/data/random.ts'
import type { InferenceProgram } from '#training/engine/program/engine.ts'
import { dropPathRates } from '#training/model/drop-path.ts'
import { initializeParameters } from '#training/model/initialize.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { predictFeatures, type StudentConfig, studentDepths, studentParameters } from '#training/model/student.ts'
import { distance } from '#training/reference/ledger.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'

const config: StudentConfig = {
  frames: 4,
  tubeletSize: 2,
  imageSize: 8,
  patchSize: 4,
  width: 16,
  depth: 2,
  heads: 2,
  decoderWidth: 16,
  decoderDepth: 1,
  decoderHeads: 2,
  imageTargetWidth: 5,
  videoTargetWidth: 6,
}
const batch = 2
const rows = dropPathRates(0.5, studentDepths(config)).length
const random = draws(3, 'student')
const parameters = initializeParameters(studentParameters(config), (name) => draws(4, name))
const video = {
  shape: [batch, 3, 4, 8, 8],
  dtype: 'float32' as const,
  data: Float32Array.from({ length: batch * 3 * 4 * 64 }, () => random.normal()),
}
const indices = (...values: number[]) => ({
  shape: [batch, values.length / batch],
  dtype: 'int32' as const,
  data: Int32Array.from(values),
})
const mask = { visible: indices(0, 4, 3, 7), masked: indices(1, 2, 3, 5, 6, 7, 0, 1, 2, 4, 5, 6) }

/** Predictions with given drop-path factors, one per row for all samples. */
async function predict(
  engineName: 'cpu' | 'onnx-cpu',
  factors: readonly number[] | undefined,
): Promise<NamedHostTensors> {
  const dropPath = factors && {
    dropPath: {
      shape: [rows, batch],
      dtype: 'float32' as const,
      data: Float32Array.from(factors.flatMap((factor) => [factor, factor])),
    },
  }
  const inputs = { video, ...mask, ...dropPath }
  const program: InferenceProgram = {
    name: 'student',
    inputs,
    run(parameters, given) {
      const input = weightsOf(given)
      const rowInput = given['dropPath']
      const { image, video } = predictFeatures(config, weightsOf(parameters), {
        video: input('video'),
        visible: input('visible'),
        masked: input('masked'),
        ...(rowInput && { dropPath: rowInput }),
      })
      return { image: image!, video: video! }
    },
  }
  await using stack = new AsyncDisposableStack()
  const engine = stack.adopt(await createEngine(engineName, { threads: 1 }), (opened) => opened.dispose())
  const session = stack.adopt(await engine.inference(program, parameters), (opened) => opened.dispose())
  return await session.run(inputs)
}

const allKept = Array.from({ length: rows }, () => 1)
const without = (row: number) => allKept.with(row, 0)

describe.each(['cpu', 'onnx-cpu'] as const)('predictFeatures on %s', (engine) => {
  it('has one row of predictions for each masked token and teacher', async () => {
    const { image, video } = await predict(engine, undefined)
    expect([image!.shape, video!.shape]).toEqual([
      [2, 6, 5],
      [2, 6, 6],
    ])
  })

  it('counts the rows of drop path from the encoder over the image branch to the video branch', async () => {
    const plain = await predict(engine, undefined)
    const changes = async (factors: readonly number[]) => {
      const { image, video } = await predict(engine, factors)
      return [distance(image!.data, plain['image']!.data) > 1e-6, distance(video!.data, plain['video']!.data) > 1e-6]
    }
    expect(rows).toBe(8)
    expect(await changes(allKept)).toEqual([false, false])
    expect(await changes(without(3))).toEqual([true, true])
    expect(await changes(without(5))).toEqual([true, false])
    expect(await changes(without(6))).toEqual([false, true])
  })
})

describe('the engines', () => {
  it('agree under drop path', async () => {
    const factors = [1, 0, 2, 1, 0, 2, 1, 0]
    const [eager, compiled] = [await predict('cpu', factors), await predict('onnx-cpu', factors)]
    expect(distance(compiled['image']!.data, eager['image']!.data)).toBeLessThan(1e-5)
    expect(distance(compiled['video']!.data, eager['video']!.data)).toBeLessThan(1e-5)
  })
})
