import { type ByteSource, viewOf } from '../byte-source.ts'
import { type Refuse, shown } from '../invalid-file.ts'

/** A byte range of a file. */
export interface Span {
  readonly position: number
  readonly sizeBytes: number
}

/** A file inside a zip archive, uncompressed. */
export interface ZipEntry {
  readonly name: string
  readonly sizeBytes: number
  readonly headerPosition: number
  /** Start of what follows: the next entry, or the directory. */
  readonly limit: number
}

const directorySignature = 0x02014b50
const localSignature = 0x04034b50
const endSignature = 0x06054b50
const locator64Signature = 0x07064b50
const end64Signature = 0x06064b50
const max16 = 0xffff
const max32 = 0xffffffff
const endBytes = 22
const locator64Bytes = 20
const localHeaderBytes = 30
const maxDirectoryBytes = 64 * 2 ** 20

/**
 * The directory of a zip archive (PKWARE's APPNOTE, with its zip64 form), by name. Only what `torch.save` writes is
 * accepted: uncompressed entries inside the file that do not overlap.
 */
export async function readZipDirectory(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const directory = await findDirectory(source)
  const view = viewOf(await source.read(directory.position, directory.sizeBytes))
  const found: Omit<ZipEntry, 'limit'>[] = []
  for (let at = 0; at < view.byteLength;) {
    const { entry, end } = parseDirectoryEntry(view, at, source.refuse)
    found.push(entry)
    at = end
  }
  if (found.length !== directory.entries)
    throw source.refuse(`lists ${found.length} entries in its directory instead of ${directory.entries}`)
  return withLimits(found, directory.position, source.refuse)
}

/** Position of the bytes of an entry: after its local header, which states its own length. */
export async function locateZipEntry(
  source: ByteSource,
  { name, headerPosition, sizeBytes, limit }: ZipEntry,
): Promise<Span> {
  const header = viewOf(await source.read(headerPosition, localHeaderBytes))
  if (header.getUint32(0, true) !== localSignature)
    throw source.refuse(`does not have the entry ${shown(name)} at the position in its directory`)
  const position = headerPosition + localHeaderBytes + header.getUint16(26, true) + header.getUint16(28, true)
  if (position + sizeBytes > limit) throw source.refuse(`has entries that overlap at ${shown(name)}`)
  return { position, sizeBytes }
}

interface Directory extends Span {
  readonly entries: number
}

/** From the record at the end of the file, which a comment of up to 64 KiB may follow. */
async function findDirectory(source: ByteSource): Promise<Directory> {
  const { sizeBytes, refuse } = source
  const tailBytes = Math.min(sizeBytes, endBytes + max16 + locator64Bytes)
  const tail = viewOf(await source.read(sizeBytes - tailBytes, tailBytes))
  let at = tailBytes - endBytes
  while (at >= 0 && tail.getUint32(at, true) !== endSignature) at -= 1
  if (at < 0) throw refuse('is truncated: the directory at the end of the zip archive is missing')
  const end = sizeBytes - tailBytes + at
  const is64 = at >= locator64Bytes && tail.getUint32(at - locator64Bytes, true) === locator64Signature
  const directory = is64
    ? await readEnd64(source, Number(tail.getBigUint64(at - locator64Bytes + 8, true)))
    : {
        entries: tail.getUint16(at + 10, true),
        sizeBytes: tail.getUint32(at + 12, true),
        position: tail.getUint32(at + 16, true),
      }
  if (directory.position + directory.sizeBytes > end)
    throw refuse('is truncated or not a zip archive: its directory is outside the file')
  if (directory.sizeBytes > maxDirectoryBytes)
    throw refuse(
      `has a directory of ${directory.sizeBytes} bytes, more than the ${maxDirectoryBytes} that the studio reads`,
    )
  return directory
}

async function readEnd64(source: ByteSource, position: number): Promise<Directory> {
  const record = viewOf(await source.read(position, 56))
  if (record.getUint32(0, true) !== end64Signature)
    throw source.refuse('is damaged: the zip64 record at its end is missing')
  const [entries, sizeBytes, start] = [32, 40, 48].map((offset) => Number(record.getBigUint64(offset, true)))
  return { entries: entries ?? 0, sizeBytes: sizeBytes ?? 0, position: start ?? 0 }
}

function parseDirectoryEntry(
  view: DataView,
  at: number,
  refuse: Refuse,
): { entry: Omit<ZipEntry, 'limit'>; end: number } {
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== directorySignature)
    throw refuse('has a damaged zip directory')
  const [nameBytes, extraBytes, commentBytes] = [
    view.getUint16(at + 28, true),
    view.getUint16(at + 30, true),
    view.getUint16(at + 32, true),
  ]
  const extraStart = at + 46 + nameBytes
  const end = extraStart + extraBytes + commentBytes
  if (end > view.byteLength) throw refuse('has a damaged zip directory')
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameBytes))
  if (view.getUint16(at + 8, true) & 1) throw refuse(`has the encrypted entry ${shown(name)}`, repack)
  if (view.getUint16(at + 10, true) !== 0)
    throw refuse(`has the compressed entry ${shown(name)}; torch.save does not compress`, repack)
  const wide = wideFields(view, extraStart, extraStart + extraBytes)
  const field = (offset: number): number => {
    const value = view.getUint32(at + offset, true)
    if (value !== max32) return value
    const full = wide.shift()
    if (full === undefined) throw refuse('has a damaged zip directory')
    return full
  }
  const sizeBytes = field(24)
  if (field(20) !== sizeBytes) throw refuse(`has two different sizes for the entry ${shown(name)}`)
  return { entry: { name, sizeBytes, headerPosition: field(42) }, end }
}

const repack = { hint: 'Unpack it and load the file in PyTorch, then save it again with torch.save.' }

/** The 64-bit fields of the zip64 extra: those whose 32-bit form is all ones, in the order of the directory. */
function wideFields(view: DataView, start: number, end: number): number[] {
  for (let at = start; at + 4 <= end;) {
    const fieldEnd = Math.min(end, at + 4 + view.getUint16(at + 2, true))
    if (view.getUint16(at, true) === 1)
      return Array.from({ length: Math.floor((fieldEnd - at - 4) / 8) }, (_, index) =>
        Number(view.getBigUint64(at + 4 + 8 * index, true)),
      )
    at = fieldEnd
  }
  return []
}

function withLimits(
  found: readonly Omit<ZipEntry, 'limit'>[],
  directoryPosition: number,
  refuse: Refuse,
): Map<string, ZipEntry> {
  const sorted = found.toSorted((a, b) => a.headerPosition - b.headerPosition)
  const entries = new Map<string, ZipEntry>()
  for (const [index, entry] of sorted.entries()) {
    const limit = sorted[index + 1]?.headerPosition ?? directoryPosition
    if (entry.headerPosition + localHeaderBytes + entry.sizeBytes > limit)
      throw refuse(`has entries that overlap at ${shown(entry.name)}`)
    if (entries.has(entry.name)) throw refuse(`has the entry ${shown(entry.name)} twice`)
    entries.set(entry.name, { ...entry, limit })
  }
  return entries
}
