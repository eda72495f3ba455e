import * as tf from '../../tensor/tf.ts'

/** Kernels of compiled engines only: single ONNX operators for what tfjs does with several kernels. */
export const fusedKernels = {
  layerNormalization: 'LayerNormalization',
  gelu: 'Gelu',
  multiHeadAttention: 'MultiHeadAttention',
} as const

export type FusedKernel = (typeof fusedKernels)[keyof typeof fusedKernels]

export const hasFused = (kernel: FusedKernel): boolean => tf.getKernel(kernel, tf.getBackend()) !== undefined

/** Whether training keeps no attention matrices; see `RecordOptions`. */
export const recomputesAttention = (): boolean =>
  (tf.backend() as { readonly recomputesAttention?: boolean }).recomputesAttention === true

/** Whether gradients are being computed, so that operators must keep values for them. */
export const isTraining = (): boolean => tf.engine().state.gradientDepth > 0

export function runFused<T extends tf.Tensor | tf.Tensor[]>(
  kernel: FusedKernel,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, number>,
): T {
  return tf.engine().runKernel<T>(kernel, inputs, attributes)
}
