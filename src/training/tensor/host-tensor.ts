import type { Tensor } from './tf.ts'

/** Shape and element type of a tensor. Int32 is for indices only. */
export interface TensorSpec {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
  /** Axis of the samples in a batch; 0 by default. */
  readonly batchAxis?: number
}

/** A tensor in host memory, row-major. */
export interface HostTensor extends TensorSpec {
  readonly data: Float32Array | Int32Array
}

export type NamedSpecs = Readonly<Record<string, TensorSpec>>
export type NamedHostTensors = Readonly<Record<string, HostTensor>>
export type NamedTensors = Readonly<Record<string, Tensor>>
