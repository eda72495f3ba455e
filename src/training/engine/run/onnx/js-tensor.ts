import type { Tensor, TensorConstructor } from 'onnxruntime-common'
import type { HostTensor } from '../../../tensor/host-tensor.ts'

/** A tensor as ONNX Runtime's packages for JavaScript have it, over the same memory. */
export function toPackage(Tensor: TensorConstructor, { dtype, data, shape }: HostTensor): Tensor {
  return data instanceof Float32Array ? new Tensor(dtype as 'float32', data, shape) : new Tensor('int32', data, shape)
}

export function fromPackage({ data, dims, type }: Tensor): HostTensor {
  if (data instanceof Float32Array) return { shape: dims, dtype: 'float32', data }
  if (data instanceof Int32Array) return { shape: dims, dtype: 'int32', data }
  throw new Error(`An output of type ${type} cannot leave the engine.`)
}
