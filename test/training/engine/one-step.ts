import { engineName } from '#contract/domain/engine.ts'
import type { TrainingProgram } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type * as tf from '#training/tensor/tf.ts'
import { noise } from './helpers.ts'

// Trains for one step on the engine of the first argument; disposes it if the second argument says so.
const [name, end] = process.argv.slice(2)
const program: TrainingProgram = {
  name: 'a product',
  inputs: { x: { shape: [3, 4], dtype: 'float32' } },
  groups: { weight: { learningRateScale: 1, weightDecay: 0 } },
  optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clipGradient: 0 },
  loss: ({ weight }, { x }) => ({ loss: x!.matMul(weight!).square().mean() as tf.Scalar, outputs: {} }),
}
const engine = await createEngine(engineName.parse(name), { threads: 1 })
const session = await engine.training(program, initialState({ weight: noise(1, 4, 2) }, program.groups))
const { loss } = await session.step({ x: noise(2, 3, 4) }, 0.01, 1)
console.log(JSON.stringify({ isFinite: Number.isFinite(loss) }))
if (end === 'disposed') {
  await session.dispose()
  await engine.dispose()
}
