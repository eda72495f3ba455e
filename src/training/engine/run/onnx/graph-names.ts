/** Names of a training graph's inputs and outputs. `next` is the output that takes an input's place in the next step. */
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
  /** Factor on all gradients, from the loss on. */
  lossScale: 'loss scale',
  /** Factor that makes the mean gradient of what was summed. */
  gradientFactor: 'gradient factor',
  norm: 'gradient norm',
  packed: '(packed)',
} as const
