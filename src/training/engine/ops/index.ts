// Building blocks of a transformer with hand-written gradients, which keep recorded training steps short.
export { attention } from './attention.ts'
export { gelu } from './gelu.ts'
export { geluLinear } from './gelu-linear.ts'
export { layerNorm } from './layer-norm.ts'
export { normLinear } from './norm-linear.ts'
export { linear } from './linear.ts'
export { recomputed } from './recompute.ts'
