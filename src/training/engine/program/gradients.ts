import { StudioError } from '#contract/api/errors.ts'
import type { NamedTensors } from '../../tensor/host-tensor.ts'
import * as tf from '../../tensor/tf.ts'
import { toRows } from '../ops/rows.ts'
import type { TrainingProgram } from './engine.ts'

export interface LossAndGradients {
  readonly loss: tf.Scalar
  readonly outputs: NamedTensors
  /** Of the parameters that the program trains and its loss depends on, in the order in which they were computed. */
  readonly gradients: NamedTensors
}

/**
 * The loss of one batch, and its gradients; `lossScale`, a scalar, is a factor on all gradients from the loss on, which is given as it is.
 * All tensors belong to the scope this runs in.
 */
export function lossAndGradients(
  program: TrainingProgram,
  parameters: NamedTensors,
  inputs: NamedTensors,
  lossScale?: tf.Scalar,
): LossAndGradients {
  const trained = Object.entries(parameters).filter(([name]) => program.groups[name] !== undefined)
  let kept: NamedTensors = {}
  const { value, grads } = tf.engine().gradients(
    () => {
      const result = program.loss(parameters, inputs)
      // What is only an output would be disposed with the scope of the loss.
      kept = Object.fromEntries(Object.entries(result.outputs).map(([name, output]) => [name, tf.keep(output.clone())]))
      return result.loss
    },
    trained.map(([, parameter]) => parameter),
    lossScale,
    true,
  )
  const outputs = Object.fromEntries(Object.entries(kept).map(([name, output]) => [name, output.clone()]))
  for (const output of Object.values(kept)) output.dispose()
  const found = trained.flatMap(([name], i) => {
    const gradient = grads[i] as tf.Tensor | undefined
    return gradient === undefined ? [] : [[name, gradient] as const]
  })
  const gradients = Object.fromEntries(found.toSorted(([, a], [, b]) => a.id - b.id))
  if (Object.keys(gradients).length === 0) {
    throw new StudioError(
      'internal',
      `The loss of '${program.name}' depends on none of the parameters it trains.`,
      'Report this defect.',
    )
  }
  return { loss: value, outputs, gradients }
}

/** Length of the rows into which a vector is cut for its sum. */
const rowLength = 256

/** √Σ g² over all gradients, row by row: some engines add one number after the other, whose error grows with their count. */
export function globalNorm(gradients: readonly tf.Tensor[]): tf.Tensor {
  return tf.addN(gradients.map(sumOfSquares)).sqrt()
}

/** Σ g², a scalar. */
export function sumOfSquares(gradient: tf.Tensor): tf.Tensor {
  const squares = gradient.square()
  if (gradient.rank >= 2) return toRows(squares).sum(-1).sum()
  const rows = Math.floor(gradient.size / rowLength)
  if (rows === 0) return squares.sum()
  const [whole, rest] = tf.split(squares.flatten(), [rows * rowLength, gradient.size - rows * rowLength]) as [
    tf.Tensor,
    tf.Tensor,
  ]
  const sum = whole.reshape([rows, rowLength]).sum(-1).sum()
  return rest.size === 0 ? sum : sum.add(rest.sum())
}

/** The factor that brings gradients of global norm `norm` to at most `limit`, as PyTorch computes it; none without a limit. */
export function clippingFactor(norm: tf.Tensor, limit: number): tf.Tensor | undefined {
  return limit > 0 ? tf.minimum(tf.div(limit, norm.add(1e-6)), 1) : undefined
}
