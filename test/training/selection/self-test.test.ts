import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Engine, TrainingProgram, TrainingSession } from '#training/engine/program/engine.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { selfTest, selfTestTolerance, type TwoSteps, twoSteps } from '#training/selection/self-test.ts'
import type * as tf from '#training/tensor/tf.ts'

let reference: Engine
let expected: TwoSteps
beforeAll(async () => {
  reference = await createEngine('cpu')
  expected = await twoSteps(reference)
})
afterAll(() => reference.dispose())

test('plain JavaScript equals itself', async () => {
  expect(await selfTest(reference, expected)).toEqual({
    passed: true,
    worstDifference: 0,
    sentence: 'Two steps equal plain JavaScript bit by bit.',
  })
})

test.each(['onnx-cpu', 'wasm', 'onnx-wasm'] as const)('%s agrees in 32 bits', async (name) => {
  const engine = await createEngine(name, { threads: 1 })
  const { passed, worstDifference, sentence } = await selfTest(engine, expected)
  await engine.dispose()
  expect(passed).toBe(true)
  expect(worstDifference).toBeLessThan(1e-4)
  expect(worstDifference).toBeGreaterThan(0)
  expect(sentence).toMatch(/^Two steps agree with plain JavaScript: largest difference \d\.\de-\d \(.+\)\.$/)
})

type Step = TrainingSession['step']

/** Plain JavaScript with an error in the program or in a step. */
const broken = (
  program: (program: TrainingProgram) => TrainingProgram,
  stepOf: (session: TrainingSession) => Step = (session) => session.step.bind(session),
): Engine => ({
  ...reference,
  async training(given, state) {
    const session = await reference.training(program(given), state)
    return {
      accumulate: session.accumulate.bind(session),
      step: stepOf(session),
      readState: () => session.readState(),
      dispose: () => session.dispose(),
    }
  },
})
const same = (program: TrainingProgram): TrainingProgram => program
const optimizer = (change: Partial<TrainingProgram['optimizer']>) => (program: TrainingProgram) => ({
  ...program,
  optimizer: { ...program.optimizer, ...change },
})
const groups =
  (change: (group: TrainingProgram['groups'][string]) => TrainingProgram['groups'][string]) =>
  (program: TrainingProgram) => ({
    ...program,
    groups: Object.fromEntries(Object.entries(program.groups).map(([name, group]) => [name, change(group)])),
  })
/** The weight `name` reaches the model changed, as by a kernel that computes with something else. */
const weight =
  (name: string, change: (weight: tf.Tensor) => tf.Tensor) =>
  (program: TrainingProgram): TrainingProgram => ({
    ...program,
    loss: (parameters, inputs) => program.loss({ ...parameters, [name]: change(parameters[name]!) }, inputs),
  })

test.each<[string, () => Engine]>([
  ['gradients that are not clipped', () => broken(optimizer({ clipGradient: 0 }))],
  ['another second momentum', () => broken(optimizer({ beta2: 0.999 }))],
  ['no weight decay', () => broken(groups((group) => ({ ...group, weightDecay: 0 })))],
  [
    'a learning rate that is off by a tenth',
    () => broken(same, (session) => (inputs, learningRate, step) => session.step(inputs, learningRate * 1.1, step)),
  ],
  [
    'no correction of the bias',
    () => broken(same, (session) => (inputs, learningRate) => session.step(inputs, learningRate, 1000)),
  ],
  ['updates that are lost', () => broken(same, (session) => (inputs, _, step) => session.step(inputs, 0, step))],
  [
    'one scale of a normalization that is left out',
    () => broken(weight('encoder.blocks.0.norm1.weight', (scale) => scale.mul(0.9))),
  ],
  [
    'queries, keys and values in another order',
    () => broken(weight('encoder.blocks.0.attn.qkv.weight', (weight) => weight.reverse(0))),
  ],
  [
    'attention with another temperature',
    () => broken(weight('decoder.blocks.0.attn.qkv.weight', (weight) => weight.mul(1.1))),
  ],
  [
    'another attention outside training',
    () => ({
      ...reference,
      inference: (program, parameters) =>
        reference.inference(
          {
            ...program,
            run: (weights, inputs) =>
              program.run(
                {
                  ...weights,
                  'decoder.blocks.0.attn.qkv.weight': weights['decoder.blocks.0.attn.qkv.weight']!.mul(1.1),
                },
                inputs,
              ),
          },
          parameters,
        ),
    }),
  ],
  [
    'losses that are not numbers',
    () =>
      broken(same, (session) => async (...call) => ({ ...(await session.step(...call)), loss: Number.NaN })),
  ],
])('an engine with %s fails', async (_, engine) => {
  const { passed, worstDifference, sentence } = await selfTest(engine(), expected)
  expect(worstDifference).toBeGreaterThan(3 * selfTestTolerance)
  expect([passed, sentence]).toEqual([
    false,
    expect.stringMatching(/^Two steps (differ from plain JavaScript: .+, more than 0\.01|give NaN or infinity: .+)\.$/),
  ])
})
