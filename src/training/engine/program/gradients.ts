import { StudioError } from '#contract/api/errors.ts'
import type { NamedTensors } from '../../tensor/host-tensor.ts'
import * as tf from '../../tensor/tf.ts'
import { toRows } from '../ops/rows.ts'
import type { TrainingProgram } from './engine.ts'

export interface LossAndGradients {
  readonly loss: tf.Scalar
  readonly outputs: NamedTensors
  /** Of trained parameters on which the loss depends, in the order of computation. */
  readonly gradients: NamedTensors
}

/**
 * Computes the loss of one batch and its gradients. Tensors belong to the current tfjs scope.
 * @param lossScale factor on all gradients; the returned loss is not scaled
 * @throws StudioError `internal` if the loss depends on no trained parameter
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
      // Outputs on which the loss does not depend would be disposed with the scope of the loss.
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
      `The loss of '${program.name}' does not depend on any trained parameter.`,
      'Report this defect.',
    )
  }
  return { loss: value, outputs, gradients }
}

/** Vectors are summed in rows of this length. */
const rowLength = 256

/** √Σ g² over all gradients. Summed row by row: some engines add numbers one after the other, with an error that grows with their count. */
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

/** Factor that limits gradients of global norm `norm` to `limit`, as in PyTorch; undefined without a limit. See `clippingScale`. */
export function clippingFactor(norm: tf.Tensor, limit: number): tf.Tensor | undefined {
  return limit > 0 ? tf.minimum(tf.div(limit, norm.add(1e-6)), 1) : undefined
}
