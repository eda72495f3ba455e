import { type ByteSource, viewOf } from '../byte-source.ts'
import { shown } from '../invalid-file.ts'
import type { PickleValue } from './pickle/values.ts'
import { readTorchPickle, type TorchPickle } from './torch-pickle.ts'
import { locateZipEntry, readZipDirectory, type Span, type ZipEntry } from './zip.ts'

/** The contents of a file of `torch.save` and their positions. */
export interface TorchContainer {
  readonly tree: PickleValue
  /** Position of the bytes of each storage, by its key. */
  readonly storages: ReadonlyMap<string, Span>
  readonly isBigEndian: boolean
}

/**
 * The zip format, since PyTorch 1.6: `NAME/data.pkl`, one `NAME/data/KEY` per storage, `NAME/version`, perhaps `NAME/byteorder`.
 * Other entries are ignored.
 */
export async function readZipContainer(source: ByteSource): Promise<TorchContainer> {
  const entries = await readZipDirectory(source)
  const { prefix, pickle } = findPickle(source, entries)
  const { value, storages } = await readTorchPickle(source, await locateZipEntry(source, pickle))
  const spans = new Map<string, Span>()
  for (const { key, sizeBytes } of storages.values()) {
    const entry = entries.get(`${prefix}data/${key}`)
    if (entry === undefined) throw source.refuse(`lacks the storage ${shown(key)} that its tensors need`)
    if (entry.sizeBytes < sizeBytes)
      throw source.refuse(`has ${entry.sizeBytes} bytes for the storage ${shown(key)} instead of ${sizeBytes}`)
    spans.set(key, await locateZipEntry(source, entry))
  }
  return { tree: value, storages: spans, isBigEndian: await readByteOrder(source, entries.get(`${prefix}byteorder`)) }
}

function findPickle(source: ByteSource, entries: ReadonlyMap<string, ZipEntry>): { prefix: string; pickle: ZipEntry } {
  const [pickle, ...others] = [...entries.values()].filter(({ name }) => /^([^/]*\/)?data\.pkl$/.test(name))
  if (pickle === undefined) throw source.refuse('is a zip archive without data.pkl, so torch.save did not write it')
  if (others.length > 0) throw source.refuse('is a zip archive with more than one data.pkl')
  const prefix = pickle.name.slice(0, -'data.pkl'.length)
  if (entries.has(`${prefix}constants.pkl`)) {
    throw source.refuse('is a TorchScript program, not a checkpoint', {
      hint: 'Load it with torch.jit.load in PyTorch and save its state_dict() with torch.save.',
    })
  }
  return { prefix, pickle }
}

async function readByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<boolean> {
  if (entry === undefined) return false
  const { position, sizeBytes } = await locateZipEntry(source, entry)
  const order = new TextDecoder().decode(await source.read(position, Math.min(sizeBytes, 16)))
  if (order !== 'little' && order !== 'big')
    throw source.refuse(`names the byte order ${shown(order)} instead of little or big`)
  return order === 'big'
}

const legacyMagic = 0x1950a86a20f9469cfc6cn
const legacyProtocol = 1001

/**
 * The format before PyTorch 1.6: pickles of a magic number, a version, properties of the machine, the object and the list of
 * storage keys, then each storage in the list's order as its number of elements (8 bytes) and its bytes.
 */
export async function readLegacyContainer(source: ByteSource): Promise<TorchContainer> {
  const next = (position: number): Promise<TorchPickle> =>
    readTorchPickle(source, { position, sizeBytes: source.sizeBytes - position })
  const magic = await next(0)
  if (magic.value !== legacyMagic)
    throw source.refuse('is a bare pickle, not a file of torch.save', {
      hint: 'Load it in Python and save it again with torch.save.',
    })
  const protocol = await next(magic.end)
  if (protocol.value !== legacyProtocol) throw source.refuse('is of an unknown version of the legacy PyTorch format')
  const machine = await next(protocol.end)
  const object = await next(machine.end)
  const keys = await next(object.end)
  return {
    tree: object.value,
    storages: await locateLegacyStorages(source, object, keys),
    isBigEndian: machine.value instanceof Map && machine.value.get('little_endian') === false,
  }
}

async function locateLegacyStorages(
  source: ByteSource,
  { storages }: TorchPickle,
  { value: keys, end }: TorchPickle,
): Promise<Map<string, Span>> {
  if (!Array.isArray(keys)) throw source.refuse('has no list of storage keys')
  const spans = new Map<string, Span>()
  let position = end
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (storage === undefined || spans.has(storage.key))
      throw source.refuse('lists storages that do not fit its tensors')
    const count = viewOf(await source.read(position, 8)).getBigInt64(0, true)
    if (Number(count) * storage.elementBytes !== storage.sizeBytes) {
      throw source.refuse(
        `has ${count} elements for the storage ${shown(storage.key)} instead of ${storage.sizeBytes / storage.elementBytes}`,
      )
    }
    position += 8
    if (position + storage.sizeBytes > source.sizeBytes)
      throw source.refuse(
        `is truncated: the storage ${shown(storage.key)} ends at byte ${position + storage.sizeBytes} and the file at ${source.sizeBytes}`,
      )
    spans.set(storage.key, { position, sizeBytes: storage.sizeBytes })
    position += storage.sizeBytes
  }
  for (const key of storages.keys())
    if (!spans.has(key)) throw source.refuse(`lacks the storage ${shown(key)} that its tensors need`)
  return spans
}
