import { dtypeBytes } from '../dtypes.ts'
import { endOf, type StoredTensor } from './tensors.ts'
import type { Span } from './zip.ts'

/** The range of its storage that a tensor needs, in bytes from the start of the storage. */
export function spanOf(tensor: StoredTensor): Span {
  const elementBytes = dtypeBytes[tensor.dtype]
  const end = endOf(tensor)
  return end === 0
    ? { position: 0, sizeBytes: 0 }
    : { position: tensor.offset * elementBytes, sizeBytes: (end - tensor.offset) * elementBytes }
}

/** Copies a tensor into row-major order. `bytes` is the range of its storage that `spanOf` returns. */
export function toRowMajor(
  bytes: Uint8Array,
  { dtype, shape, strides, sizeBytes }: Pick<StoredTensor, 'dtype' | 'shape' | 'strides' | 'sizeBytes'>,
): Uint8Array {
  if (sizeBytes === 0 || isRowMajor(shape, strides)) return bytes
  const elementBytes = dtypeBytes[dtype]
  const rowMajor = new Uint8Array(sizeBytes)
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < sizeBytes; to += elementBytes) {
    for (let byte = 0; byte < elementBytes; byte++) rowMajor[to + byte] = bytes[from + byte] ?? 0
    from += advance(index, shape, strides) * elementBytes
  }
  return rowMajor
}

/** Increments an index, last axis first; returns the resulting offset in the storage, in elements. */
function advance(index: number[], shape: readonly number[], strides: readonly number[]): number {
  let move = 0
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [at = 0, size = 0, stride = 0] = [index[axis], shape[axis], strides[axis]]
    if (at + 1 < size) {
      index[axis] = at + 1
      return move + stride
    }
    index[axis] = 0
    move -= at * stride
  }
  return move
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  return shape.toReversed().every((size, fromLast) => {
    const isExpected = size === 1 || strides.at(-1 - fromLast) === expected
    expected *= size
    return isExpected
  })
}

/** Reverses the bytes of each element in place. */
export function swapByteOrder(bytes: Uint8Array, elementBytes: 1 | 2 | 4 | 8): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (elementBytes === 2) buffer.swap16()
  if (elementBytes === 4) buffer.swap32()
  if (elementBytes === 8) buffer.swap64()
}
