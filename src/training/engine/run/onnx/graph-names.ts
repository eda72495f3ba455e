import type { TrainingState } from '../../program/engine.ts'

/** Names of a training graph's inputs and outputs. `next` names the output that replaces an input in the next step. */
export const names = {
  parameter: (name: string) => `parameter:${name}`,
  firstMoment: (name: string) => `first moment:${name}`,
  secondMoment: (name: string) => `second moment:${name}`,
  /** Sum of the gradients of a step's micro-batches so far. */
  gradient: (name: string) => `gradient:${name}`,
  next: (name: string) => `next ${name}`,
  learningRate: 'learning rate',
  firstCorrection: 'first correction',
  secondCorrection: 'second correction',
  loss: 'loss',
  /** Factor on the loss, and so on all gradients. */
  lossScale: 'loss scale',
  /** Factor that turns summed gradients into their mean. */
  gradientFactor: 'gradient factor',
  norm: 'gradient norm',
  packed: '(packed)',
} as const

/** Components of a training state, each with its name in a graph. */
export const roles = [
  ['parameters', names.parameter],
  ['firstMoments', names.firstMoment],
  ['secondMoments', names.secondMoment],
] as const satisfies readonly (readonly [keyof TrainingState, (name: string) => string])[]

export type Role = (typeof roles)[number][0]
