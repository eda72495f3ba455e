import type { HostTensor, NamedHostTensors, TensorSpec } from '../../tensor/host-tensor.ts'
import { sizeOf } from '../record/graph/graph.ts'

/** A tensor of zeros in memory that all threads of the process read and write. */
export function sharedTensor({ shape, dtype }: TensorSpec): HostTensor {
  const memory = new SharedArrayBuffer(4 * sizeOf(shape))
  return { shape, dtype, data: dtype === 'float32' ? new Float32Array(memory) : new Int32Array(memory) }
}

/** Bytes in memory that all threads read: the given ones, if they are shared already. */
export function sharedBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}

/** Copies of tensors in shared memory. */
export const toShared = (tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const shared = sharedTensor(tensor)
      shared.data.set(tensor.data)
      return [name, shared]
    }),
  )
