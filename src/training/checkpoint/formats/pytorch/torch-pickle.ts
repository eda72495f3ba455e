import type { ByteSource } from '../byte-source.ts'
import { type Refuse, shown } from '../invalid-file.ts'
import { torchGlobals } from './globals.ts'
import { PickleCutOff } from './pickle/input.ts'
import { unpickle } from './pickle/unpickle.ts'
import type { PickleValue } from './pickle/values.ts'
import { isCount, StorageClass, StorageReference, TensorBuilder } from './tensors.ts'
import type { Span } from './zip.ts'

/** A pickle with the storages that its tensors refer to, by key. */
export interface TorchPickle {
  readonly value: PickleValue
  readonly storages: ReadonlyMap<string, StorageReference>
  /** Position in the file after the pickle. */
  readonly end: number
}

const firstWindowBytes = 2 ** 16
const maxPickleBytes = 2 ** 25

/**
 * Reads the pickle that begins at `position`. Its length is known only after reading it, so it is tried with more and more of
 * the file, up to 32 MiB. The bytes of the tensors are elsewhere.
 */
export async function readTorchPickle(source: ByteSource, { position, sizeBytes }: Span): Promise<TorchPickle> {
  for (let windowBytes = firstWindowBytes; ; windowBytes *= 8) {
    const taken = Math.min(windowBytes, sizeBytes, maxPickleBytes)
    const bytes = await source.read(position, taken)
    const storages = new Map<string, StorageReference>()
    try {
      const { value, endOffset } = unpickle(bytes, {
        globals: torchGlobals(new TensorBuilder(source.sizeBytes)),
        persistent: (id) => storageOf(id, storages, source.refuse),
        refuse: source.refuse,
      })
      return { value, storages, end: position + endOffset }
    } catch (cause) {
      if (!(cause instanceof PickleCutOff)) throw cause
      if (taken === sizeBytes) throw source.refuse('is truncated: its description of the tensors is incomplete')
      if (taken === maxPickleBytes)
        throw source.refuse(
          `describes its tensors in more than ${maxPickleBytes} bytes, which is more than the studio reads`,
        )
    }
  }
}

/** ('storage', class, key, device, elements[, view]): the device on which the tensor was does not matter. */
function storageOf(id: PickleValue, storages: Map<string, StorageReference>, refuse: Refuse): StorageReference {
  const [kind, storageClass, key, , elements, view] = Array.isArray(id) ? id : [id]
  if (kind !== 'storage') throw refuse(`has a persistent id that is not a tensor storage`)
  if (!(storageClass instanceof StorageClass) || typeof key !== 'string' || !isCount(elements))
    throw refuse('describes a tensor storage in an unsupported form')
  if (view !== null && view !== undefined)
    throw refuse(`holds the storage ${shown(key)} as a view of another, as PyTorch before 0.4 did`, {
      hint: 'Load it in PyTorch and save it again.',
    })
  const storage = new StorageReference(storageClass, key, elements)
  const known = storages.get(key)
  if (known === undefined) storages.set(key, storage)
  else if (known.sizeBytes !== storage.sizeBytes || known.elementBytes !== storage.elementBytes)
    throw refuse(`describes the storage ${shown(key)} in two ways`)
  return storage
}
