import type { Tensor } from 'onnxruntime-node'
import type { HostTensor } from '../engine.ts'
import type { Runtime } from './runtime.ts'

/** Wraps host memory without copying it. */
export function toOnnx(runtime: Runtime, { dtype, data, shape }: HostTensor): Tensor {
  return data instanceof Float32Array ? new runtime.Tensor(dtype as 'float32', data, shape) : new runtime.Tensor('int32', data, shape)
}

export function fromOnnx(tensor: Tensor): HostTensor {
  const { data, dims } = tensor
  if (data instanceof Float32Array) return { shape: dims, dtype: 'float32', data }
  if (data instanceof Int32Array) return { shape: dims, dtype: 'int32', data }
  throw new Error(`An output of type ${tensor.type} cannot leave the engine.`)
}
