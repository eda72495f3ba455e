import { byteCount, type Dtype, dtypeBytes } from '../dtypes.ts'
import { shown, shownShape } from '../invalid-file.ts'
import { type CallTools, kindOf, PickleObject, type PickleValue } from './pickle/values.ts'

/** `torch.FloatStorage` and the like; without element type, `torch.storage.UntypedStorage`. */
export class StorageClass extends PickleObject {
  readonly className: string
  readonly dtype: Dtype | null

  constructor(className: string, dtype: Dtype | null) {
    super()
    this.className = className
    this.dtype = dtype
  }
}

/** A sequence of elements elsewhere in the file that tensors share. */
export class StorageReference extends PickleObject {
  readonly className: string
  readonly dtype: Dtype | null
  readonly key: string
  readonly sizeBytes: number

  constructor({ className, dtype }: StorageClass, key: string, elements: number) {
    super()
    this.className = className
    this.dtype = dtype
    this.key = key
    this.sizeBytes = elements * this.elementBytes
  }

  get elementBytes(): number {
    return this.dtype === null ? 1 : dtypeBytes[this.dtype]
  }
}

interface Layout {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** In elements, one per dimension. */
  readonly strides: readonly number[]
  /** First element, counted from the start of the storage. */
  readonly offset: number
}

/** A tensor that has not been read yet: a view of a storage. */
export class StoredTensor extends PickleObject implements Layout {
  readonly className = 'torch.Tensor'
  readonly storage: StorageReference
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  readonly offset: number
  /** Strides of the tensor after it is read: contiguous. */
  readonly sizeBytes: number

  constructor(storage: StorageReference, { dtype, shape, strides, offset }: Layout) {
    super()
    this.storage = storage
    this.dtype = dtype
    this.shape = shape
    this.strides = strides
    this.offset = offset
    this.sizeBytes = byteCount(shape, dtypeBytes[dtype])
  }
}

const maxDimensions = 64

/**
 * Creates tensors from their descriptions in the file and limits their total size: tensors may share a storage, or repeat
 * one element with a stride of zero, so a small file can claim any amount of memory.
 */
export class TensorBuilder {
  #allowanceBytes: number

  /** Tied weights and expanded tensors are rare: a file may claim eight times its size, and a small file slightly more. */
  constructor(fileBytes: number) {
    this.#allowanceBytes = 8 * fileBytes + 16 * 2 ** 20
  }

  /** The arguments of `torch._utils._rebuild_tensor`: storage, offset, shape, strides, all in elements. */
  build(
    [storage, offset, shape, strides]: readonly PickleValue[],
    dtype: Dtype | null,
    { refuse }: CallTools,
  ): StoredTensor {
    if (!(storage instanceof StorageReference))
      throw refuse(`builds a tensor on ${kindOf(storage)} instead of a storage`)
    const type = storage.dtype ?? dtype
    if (type === null) throw refuse(`holds a tensor without element type, on the storage ${shown(storage.key)}`)
    if (
      !isCount(offset) ||
      !isCounts(shape) ||
      !isCounts(strides) ||
      shape.length !== strides.length ||
      shape.length > maxDimensions
    ) {
      throw refuse(`holds a tensor with an impossible shape, offset or stride, on the storage ${shown(storage.key)}`)
    }
    const tensor = new StoredTensor(storage, { dtype: type, shape, strides, offset })
    this.#allowanceBytes -= tensor.sizeBytes
    if (!(this.#allowanceBytes >= 0))
      throw refuse(`claims more tensor data than it can contain, including a tensor of the shape ${shownShape(shape)}`)
    if (endOf(tensor) * dtypeBytes[type] > storage.sizeBytes) {
      throw refuse(
        `holds a tensor of the shape ${shownShape(shape)} that reaches beyond its storage ${shown(storage.key)} of ${storage.sizeBytes} bytes`,
      )
    }
    return tensor
  }
}

/** The element after the tensor's last one, counted in its storage; 0 for an empty tensor. */
export const endOf = ({ shape, strides, offset }: Layout): number =>
  shape.includes(0) ? 0 : shape.reduce((end, size, axis) => end + (size - 1) * (strides[axis] ?? 0), offset + 1)

export const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isCounts = (value: PickleValue | undefined): value is number[] => Array.isArray(value) && value.every(isCount)
