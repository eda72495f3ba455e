import type { Tensor, TensorConstructor } from 'onnxruntime-common'
import type { HostTensor } from '../../../tensor/host-tensor.ts'

/** A tensor of ONNX Runtime's JavaScript packages, over the same memory. */
export function toPackage(Tensor: TensorConstructor, { dtype, data, shape }: HostTensor): Tensor {
  return data instanceof Float32Array ? new Tensor(dtype as 'float32', data, shape) : new Tensor('int32', data, shape)
}

/** @throws Error if the tensor is neither float32 nor int32 */
export function fromPackage({ data, dims, type }: Tensor): HostTensor {
  if (data instanceof Float32Array) return { shape: dims, dtype: 'float32', data }
  if (data instanceof Int32Array) return { shape: dims, dtype: 'int32', data }
  throw new Error(`An output of type ${type} is not supported.`)
}
