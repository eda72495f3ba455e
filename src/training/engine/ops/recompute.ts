import type { NamedTensors } from '../../tensor/host-tensor.ts'
import * as tf from '../../tensor/tf.ts'
import { isTraining } from './fused-kernels.ts'

/** A function of one tensor and of others that are named, each float32; it needs no other tensor. */
export type Computation = (x: tf.Tensor, others: NamedTensors) => tf.Tensor

/**
 * The same function, which keeps only its inputs for its gradient and computes all between anew when the gradient is asked for
 * (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016). Values and gradients have the same bits as without.
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
 * A recorded graph computes equal operators on equal values once, and in an order of its own. So the first input counts as another
 * value, known only after the gradient has arrived, and its gradient as one known only after those of all other inputs:
 * without the former nothing would be saved, without the latter what is computed anew would stay until the end of the step.
 */
function gradientsOf(
  f: (inputs: readonly tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  gradient: tf.Tensor,
): tf.Tensor[] {
  const again = inputs.map((input, index) => (index === 0 ? after(input, [gradient]) : input))
  const { grads } = onTapeOfItsOwn(() => tf.engine().gradients(() => f(again), again, gradient, true))
  const gradients = inputs.map((input, index) => (grads[index] as tf.Tensor | null) ?? tf.zerosLike(input))
  return gradients.map((found, index) => (index === 0 ? after(found, gradients.slice(1)) : found))
}

/** The same bits as `x`, from an operator that needs all of `awaited`: no number is less than itself, and x − 0 is x, were it −0. */
function after(x: tf.Tensor, awaited: readonly tf.Tensor[]): tf.Tensor {
  return awaited.length === 0 ? x : x.sub(awaited.map(zeroFrom).reduce((sum, zero) => sum.add(zero)))
}

function zeroFrom(tensor: tf.Tensor): tf.Tensor {
  const element = tensor.flatten().slice(0, 1).asScalar()
  return element.less(element).cast('float32')
}

/** The gradients under way keep their tape: tfjs has one, which it throws away after the gradients that it computed last. */
function onTapeOfItsOwn<T>(body: () => T): T {
  const { state } = tf.engine()
  const { activeTape } = state
  try {
    return body()
  } finally {
    state.activeTape = activeTape
  }
}
