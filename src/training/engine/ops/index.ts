// Building blocks of a transformer whose gradients are written by hand, so that a recorded training step stays short.
export { attention } from './attention.ts'
export { gelu } from './gelu.ts'
export { geluLinear } from './gelu-linear.ts'
export { layerNorm } from './layer-norm.ts'
export { normLinear } from './norm-linear.ts'
export { linear } from './linear.ts'
export { recomputed } from './recompute.ts'
