import { describe, expect, it } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { engineNames, engineReport } from '#contract/domain/engine.ts'
import { listEngines } from '#training/engine/list-engines.ts'
import type { InferenceProgram } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import * as tf from '#training/tensor/tf.ts'
import { blockInputs, blockParameters, blockProgram, integers, noise } from './helpers.ts'

async function failure(action: () => unknown): Promise<string> {
  try {
    await action()
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.code}: ${cause.message} ${cause.hint}`
    throw cause
  }
  throw new Error('Nothing was thrown.')
}

const program = (run: InferenceProgram['run']): InferenceProgram => ({
  name: 'a test program',
  inputs: { x: { shape: [2, 3], dtype: 'float32' } },
  run,
})
const input = { x: noise(1, 2, 3) }

describe('engines', () => {
  it('are all reported, present or not', async () => {
    const reports = await listEngines()
    expect(reports.map(({ name }) => name)).toEqual([...engineNames])
    for (const report of reports) {
      expect(engineReport.parse(report)).toEqual(report)
      expect(report.reason).not.toBe('')
      expect(report.device === '').toBe(!report.isPresent)
    }
    expect(reports.filter(({ isPresent }) => isPresent).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['onnx-cpu', 'wasm', 'cpu']),
    )
  })

  it('open when present', async () => {
    const present = (await listEngines()).filter(({ isPresent }) => isPresent)
    for (const { name } of present) {
      const engine = await createEngine(name, { threads: 1 })
      expect(engine.name).toBe(name)
      expect(engine.description).not.toBe('')
      await engine.dispose()
    }
  })

  it('give a reason if missing, and how to install them', async () => {
    const missing = (await listEngines()).filter(({ isPresent }) => !isPresent)
    for (const { name, reason, install } of missing) {
      const said = await failure(() => createEngine(name, {}))
      expect(said).toContain(`engine-unavailable: The engine '${name}' is not present: ${reason}`)
      expect(said).toContain(install === '' ? 'Choose another engine: auto, ' : `Install it with: ${install}`)
    }
  })

  it('name the threads in the description', async () => {
    const engine = await createEngine('onnx-cpu', { threads: 1 })
    expect(engine.description).toMatch(/^ONNX Runtime \d+\.\d+\.\d+, CPU, 1 thread$/)
  })
})

describe('programs that an engine cannot run', () => {
  it('are rejected with the name of the missing kernel', async () => {
    const engine = await createEngine('onnx-cpu', {})
    const cumulative = program((_, { x }) => ({ y: tf.cumsum(x!) }))
    expect(await failure(() => engine.inference(cumulative, {}))).toMatchInlineSnapshot(
      `"engine-unavailable: 'a test program' uses the tfjs kernel 'Cumsum', which the symbolic backend does not have. Choose another engine."`,
    )
  })

  it('are rejected if they read a value while they are recorded', async () => {
    const engine = await createEngine('onnx-cpu', {})
    const reading = program((_, { x }) => ({ y: x!.mul(x!.sum().dataSync()[0]!) }))
    expect(await failure(() => engine.inference(reading, {}))).toMatchInlineSnapshot(
      `"engine-unavailable: The program reads a value while it is recorded, so it cannot be compiled. Choose the engine "tensorflow", "wasm" or "cpu", and report this defect."`,
    )
  })

  it('are rejected on wasm if its kernels are wrong or missing', async () => {
    const engine = await createEngine('wasm', {})
    const batched = await engine.inference(
      program((_, { x }) => ({ y: tf.gather(x!, tf.tensor2d([[0], [1]], [2, 1], 'int32'), 1, 1) })),
      {},
    )
    expect(await failure(() => batched.run(input))).toMatchInlineSnapshot(
      `"engine-unavailable: The program gathers with batch axes, which tfjs's WebAssembly backend computes incorrectly. Choose another engine, or gather from a flattened tensor."`,
    )
    const scattered = await engine.inference(
      program((_, { x }) => ({
        y: tf.grad((t: tf.Tensor) =>
          tf
            .gather(t, tf.tensor1d([0, 0], 'int32'))
            .square()
            .sum(),
        )(x!),
      })),
      {},
    )
    expect(await failure(() => scattered.run(input))).toMatchInlineSnapshot(
      `"engine-unavailable: 'a test program' uses the tfjs kernel 'UnsortedSegmentSum', which the wasm backend does not have. Choose another engine."`,
    )
  })

  it.each(['onnx-cpu', 'cpu'] as const)('are refused on %s when inputs or state do not fit', async (name) => {
    const engine = await createEngine(name, {})
    const session = await engine.inference(
      program((_, { x }) => ({ y: x!.mul(2) })),
      {},
    )
    const errors = [
      await failure(() => session.run({})),
      await failure(() => session.run({ x: noise(1, 3, 2) })),
      await failure(() => session.run({ x: integers([1, 2, 3, 4, 5, 6], 2, 3) })),
      await failure(() => engine.training(blockProgram(0), { parameters: {}, firstMoments: {}, secondMoments: {} })),
      await failure(() =>
        engine.training(blockProgram(0), { parameters: blockParameters(), firstMoments: {}, secondMoments: {} }),
      ),
    ]
    expect(errors.map((error) => error.replace(/ This is a defect.*/, ''))).toMatchInlineSnapshot(`
      [
        "internal: 'a test program' cannot run: input 'x' is missing.",
        "internal: 'a test program' cannot run: input 'x' is float32 [3,2] instead of float32 [2,3].",
        "internal: 'a test program' cannot run: input 'x' is int32 [2,3] instead of float32 [2,3].",
        "internal: 'a transformer block' cannot run: there is no parameter 'embed.weight'.",
        "internal: 'a transformer block' cannot run: the moments of 'embed.weight' are missing or have the wrong shape.",
      ]
    `)
  })
})

describe('sessions', () => {
  it.each(['onnx-cpu', 'wasm', 'cpu'] as const)(
    'on %s return inputs, run repeatedly, and never change their inputs',
    async (name) => {
      const engine = await createEngine(name, {})
      const parameters = { w: noise(2, 4, 3) }
      const before = structuredClone({ parameters, input })
      const session = await engine.inference(
        program((p, { x }) => ({
          same: x!,
          product: tf.matMul(x!, p.w!, false, true),
          constant: p.w!,
          truth: x!.greater(0),
        })),
        parameters,
      )
      const first = await session.run(input)
      expect(await session.run(input)).toEqual(first)
      expect(first.same).toEqual(input.x)
      expect(first.constant).toEqual(parameters.w)
      expect(first.truth).toEqual({
        shape: [2, 3],
        dtype: 'int32',
        data: Int32Array.from(input.x.data, (v) => Number(v > 0)),
      })
      expect(first.product!.shape).toEqual([2, 4])
      await session.dispose()
      expect({ parameters, input }).toEqual(before)
    },
  )

  it.each(['wasm', 'cpu'] as const)('on %s leave no tensor behind', async (name) => {
    const engine = await createEngine(name, {})
    const { groups } = blockProgram(0.1)
    const before = tf.engine().state.numTensors
    const session = await engine.training(blockProgram(0.1), initialState(blockParameters(), groups))
    await session.step(blockInputs(1), 0.01, 1)
    const during = tf.engine().state.numTensors
    await session.step(blockInputs(2), 0.01, 2)
    expect(tf.engine().state.numTensors).toBe(during)
    await session.dispose()
    expect(tf.engine().state.numTensors).toBe(before)
  })

  it('on onnx-cpu reject runs after dispose, and leak no tensor', async () => {
    const engine = await createEngine('onnx-cpu', {})
    const before = tf.engine().state.numTensors
    const { groups } = blockProgram(0)
    const session = await engine.training(blockProgram(0), initialState(blockParameters(), groups))
    await session.step(blockInputs(1), 0.01, 1)
    await session.dispose()
    await expect(session.step(blockInputs(2), 0.01, 2)).rejects.toThrow(/dispose|release/i)
    expect(tf.engine().state.numTensors).toBe(before)
  })
})
