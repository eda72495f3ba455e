import * as tf from '../tensor/tf.ts'

/** AdamW (Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019) as PyTorch computes it. */
export interface AdamWSettings {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Largest global gradient norm; 0 turns clipping off. */
  readonly clipGradient: number
}

/** How AdamW treats one parameter. Parameters without a group are frozen. */
export interface ParameterGroup {
  /** Factor on the learning rate. */
  readonly learningRateScale: number
  readonly weightDecay: number
}

/** The numbers that change with each step, as scalars. */
export interface AdamWSchedule {
  readonly learningRate: tf.Tensor
  /** 1 − β1^step and 1 − β2^step, which correct the moments' bias towards zero. */
  readonly firstCorrection: tf.Tensor
  readonly secondCorrection: tf.Tensor
  /** Factor on every gradient, for clipping by the global norm; 1 by default. */
  readonly gradientScale?: tf.Tensor
}

/** A parameter group as tensors: scalars, or one number per element for packed parameters. */
export interface GroupTensors {
  readonly learningRateScale: tf.Tensor
  readonly weightDecay: tf.Tensor
}

/** A parameter with its moments: moving averages of the gradient and of its square. All have one shape. */
export interface AdamWState {
  readonly parameter: tf.Tensor
  readonly firstMoment: tf.Tensor
  readonly secondMoment: tf.Tensor
}

/**
 * One AdamW update (Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019) as PyTorch orders it:
 * decay first, p ← p · (1 − lr · decay); then p ← p − lr / c1 · m / (√v / √c2 + ε) with the corrections c1 and c2. Both fractions are
 * expanded by √c2, which leaves less work per element.
 */
export function adamW(
  state: AdamWState,
  gradient: tf.Tensor,
  group: GroupTensors,
  schedule: AdamWSchedule,
  { beta1, beta2, epsilon }: Omit<AdamWSettings, 'clipGradient'>,
): AdamWState {
  const scale = schedule.gradientScale
  const share = scale === undefined ? tf.scalar(1 - beta1) : scale.mul(1 - beta1)
  const squareShare = scale === undefined ? tf.scalar(1 - beta2) : scale.square().mul(1 - beta2)
  const firstMoment = state.firstMoment.mul(beta1).add(gradient.mul(share))
  const secondMoment = state.secondMoment.mul(beta2).add(gradient.square().mul(squareShare))

  const rootCorrection = schedule.secondCorrection.sqrt()
  const learningRate = schedule.learningRate.mul(group.learningRateScale)
  const stepSize = learningRate.mul(rootCorrection.div(schedule.firstCorrection))
  const kept = tf.sub(1, learningRate.mul(group.weightDecay))
  const change = firstMoment.mul(stepSize).div(secondMoment.sqrt().add(rootCorrection.mul(epsilon)))
  return { parameter: state.parameter.mul(kept).sub(change), firstMoment, secondMoment }
}
