import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { describe, expect, it } from 'vitest'
import type { EngineName } from '#contract/domain/engine.ts'
import type { TrainingProgram } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { encodeGradients, recordGradients } from '#training/engine/run/onnx/training-graph.ts'
import { initializeParameters } from '#training/model/initialize.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { blockParameters, blocks, type QkvBias } from '#training/model/vit.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'
import * as tf from '#training/tensor/tf.ts'
import { noise } from '../helpers.ts'

const sizes = { width: 16, depth: 3, heads: 2 }
const shape = [2, 5, sizes.width]
/** Rows of two blocks are dropped for some samples. */
const dropPath = {
  shape: [2 * sizes.depth, 2],
  dtype: 'float32',
  data: Float32Array.of(1, 1, 1, 1, 0, 2, 1.5, 0, 1, 0, 0, 1),
} as const
const inputs: NamedHostTensors = { tokens: noise(1, ...shape), target: noise(2, ...shape), dropPath }
const parametersOf = (bias: QkvBias) =>
  initializeParameters(
    blockParameters(sizes, bias, () => (random) => random.uniform() - 0.5),
    seeded,
  )

function seeded(name: string) {
  const numbers = noise(
    Array.from(name).reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 7),
    4096,
  ).data
  let place = 0
  const next = (): number => numbers[place++ % numbers.length]!
  return { uniform: () => (next() + 1) / 2, normal: next }
}

function program(recomputeBlocks: boolean, bias: QkvBias = 'separate', seen: () => void = () => {}): TrainingProgram {
  return {
    name: 'blocks',
    inputs: {
      tokens: { shape, dtype: 'float32' },
      target: { shape, dtype: 'float32' },
      dropPath: { shape: dropPath.shape, dtype: 'float32' },
    },
    groups: Object.fromEntries(
      Object.keys(parametersOf(bias)).map((name) => [name, { learningRateScale: 1, weightDecay: 0.05 }]),
    ),
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clipGradient: 0.5 },
    loss(parameters, { tokens, target, dropPath }) {
      const output = blocks({ ...sizes, recomputeBlocks }, bias, weightsOf(parameters), tokens!, dropPath)
      seen()
      return { loss: output.sub(target!).square().mean() as tf.Scalar, outputs: { output } }
    },
  }
}

async function train(name: EngineName, trained: TrainingProgram, bias: QkvBias) {
  const engine = await createEngine(name, { threads: 2 })
  const session = await engine.training(trained, initialState(parametersOf(bias), trained.groups))
  const results = [await session.step(inputs, 0.01, 1), await session.step(inputs, 0.01, 2)]
  const state = await session.readState()
  await session.dispose()
  await engine.dispose()
  return { results, state }
}

/** How often the optimised graph computes the error function, which each MLP has once. */
async function errorFunctions(recomputeBlocks: boolean): Promise<number> {
  const trained = program(recomputeBlocks)
  const model = encodeGradients(
    trained,
    recordGradients(trained, initialState(parametersOf('separate'), trained.groups)),
  )
  const { InferenceSession } = await import('onnxruntime-node')
  const folder = mkdtempSync(join(tmpdir(), 'mvd-studio-recompute-'))
  try {
    const optimizedModelFilePath = join(folder, 'optimized.onnx')
    const session = await InferenceSession.create(model.bytes, {
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      optimizedModelFilePath,
    })
    await session.release()
    const { graph } = onnxProto.onnx.ModelProto.decode(readFileSync(optimizedModelFilePath))
    return (graph?.node ?? []).filter(({ opType }) => opType === 'Erf').length
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Numbers of tensors kept after the forward pass, and after a whole step. */
async function tensorsAfterForward(recomputeBlocks: boolean) {
  let [before, after] = [0, 0]
  const trained = program(recomputeBlocks, 'separate', () => {
    after = tf.memory().numTensors
  })
  const engine = await createEngine('cpu')
  const session = await engine.training(trained, initialState(parametersOf('separate'), trained.groups))
  before = tf.memory().numTensors
  await session.step(inputs, 0.01, 1)
  const left = tf.memory().numTensors - before
  await session.dispose()
  return { made: after - before, left }
}

describe('recomputed blocks', () => {
  for (const bias of ['separate', 'joint'] as const) {
    it.each(['onnx-cpu', 'wasm', 'cpu'] as const)(`train to the same bits on %s, with a ${bias} bias`, async (name) => {
      const kept = await train(name, program(false, bias), bias)
      expect(await train(name, program(true, bias), bias)).toEqual(kept)
      expect(Object.values(kept.state.firstMoments).every(({ data }) => data.some((moment) => moment !== 0))).toBe(true)
    })
  }

  it('are computed twice in the graph that ONNX Runtime optimizes, which merges equal operators', async () => {
    expect([await errorFunctions(false), await errorFunctions(true)]).toEqual([sizes.depth, 2 * sizes.depth])
  })

  it('keep only their inputs on an eager engine', async () => {
    const [kept, again] = [await tensorsAfterForward(false), await tensorsAfterForward(true)]
    // Inputs, of each block one result and clones of its inputs; and not one tensor for each operator.
    expect(again.made).toBeLessThan(kept.made / 2)
    expect([kept.left, again.left]).toEqual([0, 0])
  })

  it('propagate a NaN gradient', async () => {
    const trained = program(true)
    const broken: TrainingProgram = {
      ...trained,
      loss: (parameters, inputs) => {
        const { loss, outputs } = trained.loss(parameters, inputs)
        return { loss: loss.mul(Number.POSITIVE_INFINITY) as tf.Scalar, outputs }
      },
    }
    const { results } = await train('onnx-cpu', broken, 'separate')
    expect(results[0]!.loss).toBe(Number.POSITIVE_INFINITY)
    expect(results[0]!.gradientNorm).toBeNaN()
    expect(results[0]!.outputs['output']!.data.every(Number.isFinite)).toBe(true)
  })
})
