// Building blocks of a transformer whose gradients are written by hand, so that a recorded training step stays short.
export { attention } from './ops/attention.ts'
export { gelu } from './ops/gelu.ts'
export { geluLinear } from './ops/gelu-linear.ts'
export { layerNorm } from './ops/layer-norm.ts'
export { normLinear } from './ops/norm-linear.ts'
export { linear } from './ops/linear.ts'
export { recomputed } from './ops/recompute.ts'
