import type { NamedTensors } from '../../tensor/host-tensor.ts'
import * as tf from '../../tensor/tf.ts'
import { isTraining } from './fused-kernels.ts'

/** A function of one tensor and of named ones, all float32. It uses no other tensors. */
export type Computation = (x: tf.Tensor, others: NamedTensors) => tf.Tensor

/**
 * Activation checkpointing: the same function, which keeps only its inputs for the gradient and recomputes everything else in the backward
 * pass (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016). Values and gradients have the same bits as without it.
 */
export function recomputed(f: Computation): Computation {
  return (x, others) => {
    if (!isTraining()) return f(x, others)
    const names = Object.keys(others)
    const onInputs = ([x, ...values]: readonly tf.Tensor[]): tf.Tensor =>
      f(x as tf.Tensor, Object.fromEntries(names.map((name, index) => [name, values[index] as tf.Tensor])))
    const checkpointed = tf.customGrad((...args) => {
      const save = args.pop() as tf.GradSaveFunc
      const inputs = args as tf.Tensor[]
      save(inputs)
      return {
        value: onInputs(inputs),
        gradFunc: (gradient: tf.Tensor, saved: tf.Tensor[]) => tf.tidy(() => gradientsOf(onInputs, saved, gradient)),
      }
    })
    return checkpointed(x, ...Object.values(others))
  }
}

/**
 * Gradients of a recomputed function. A recorded graph computes equal operators on equal values once, so the first input is made a new
 * value that depends on the incoming gradient; otherwise nothing would be recomputed. Its own gradient is made to depend on those of all
 * other inputs; otherwise recomputed values would stay in memory until the end of the step.
 */
function gradientsOf(
  f: (inputs: readonly tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  gradient: tf.Tensor,
): tf.Tensor[] {
  const delayed = inputs.map((input, index) => (index === 0 ? after(input, [gradient]) : input))
  const { grads } = onOwnTape(() => tf.engine().gradients(() => f(delayed), delayed, gradient, true))
  const gradients = inputs.map((input, index) => (grads[index] as tf.Tensor | null) ?? tf.zerosLike(input))
  return gradients.map((found, index) => (index === 0 ? after(found, gradients.slice(1)) : found))
}

/** The bits of `x`, from an operator that depends on all of `awaited`: no number is less than itself, and x − 0 = x, even for −0. */
function after(x: tf.Tensor, awaited: readonly tf.Tensor[]): tf.Tensor {
  return awaited.length === 0 ? x : x.sub(awaited.map(zeroFrom).reduce((sum, zero) => sum.add(zero)))
}

function zeroFrom(tensor: tf.Tensor): tf.Tensor {
  const element = tensor.flatten().slice(0, 1).asScalar()
  return element.less(element).cast('float32')
}

/** Restores tfjs's tape: there is only one, which nested gradients would drop. */
function onOwnTape<T>(body: () => T): T {
  const { state } = tf.engine()
  const { activeTape } = state
  try {
    return body()
  } finally {
    state.activeTape = activeTape
  }
}
