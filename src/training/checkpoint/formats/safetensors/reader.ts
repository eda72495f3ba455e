import { z } from 'zod'
import type { HostTensor } from '../../../tensor/host-tensor.ts'
import { type ByteSource, openFileSource, viewOf } from '../byte-source.ts'
import { byteCount, dtypeBytes, isDtype } from '../dtypes.ts'
import { type Refuse, shown, shownShape } from '../invalid-file.ts'
import { repeatedKey } from '../repeated-key.ts'
import { type FileMetadata, type TensorEntry, TensorFile } from '../tensor-file.ts'

/** Offsets count from the start of the file. */
export interface SafetensorsEntry extends TensorEntry {
  readonly offset: number
}

/** A header of a thousand tensors has some 100 kB; parsed JSON takes several times its length. */
const maxHeaderBytes = 16 * 2 ** 20
const headerEntry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
})
const headerMetadata = z.record(z.string(), z.string())

/** An open safetensors file; its entries are in file order. */
export class SafetensorsReader extends TensorFile<SafetensorsEntry> {
  readonly format = 'safetensors'

  private constructor(source: ByteSource, { metadata, entries }: Header) {
    super(source, metadata, entries)
  }

  /**
   * Opens a file and checks its header: sizes, types, offsets inside the file, no overlaps and no unused bytes.
   * @throws StudioError `not-found` or `checkpoint-invalid`, naming the file.
   */
  static async open(path: string): Promise<SafetensorsReader> {
    return await SafetensorsReader.from(await openFileSource(path))
  }

  /** As `open`, from bytes that are already open. The reader owns the source and closes it, also after an error. */
  static async from(source: ByteSource): Promise<SafetensorsReader> {
    try {
      return new SafetensorsReader(source, await readHeader(source))
    } catch (cause) {
      await source[Symbol.asyncDispose]()
      throw cause
    }
  }

  protected async load({ offset, sizeBytes }: SafetensorsEntry): Promise<Uint8Array> {
    return await this.source.read(offset, sizeBytes)
  }
}

/** All tensors of a file. Errors as for `SafetensorsReader.open`. */
export async function readSafetensors(path: string, signal?: AbortSignal): Promise<Record<string, HostTensor>> {
  await using reader = await SafetensorsReader.open(path)
  return await reader.readAll(signal)
}

interface Header {
  readonly metadata: FileMetadata
  readonly entries: readonly SafetensorsEntry[]
}

async function readHeader(source: ByteSource): Promise<Header> {
  const { sizeBytes, refuse } = source
  if (sizeBytes < 8) throw refuse(`is ${sizeBytes} bytes long, too short for a safetensors file`)
  const headerBytes = Number(viewOf(await source.read(0, 8)).getBigUint64(0, true))
  if (headerBytes > sizeBytes - 8)
    throw refuse('is not a safetensors file or is truncated: its header is longer than the file')
  if (headerBytes > maxHeaderBytes)
    throw refuse(`has a header of ${headerBytes} bytes, more than the ${maxHeaderBytes} that the studio reads`)
  return checkHeader(parseHeader(await source.read(8, headerBytes), refuse), 8 + headerBytes, sizeBytes, refuse)
}

function parseHeader(text: Uint8Array, refuse: Refuse): Record<string, unknown> {
  let json: string
  let header: Record<string, unknown>
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(text)
    header = z.record(z.string(), z.unknown()).parse(JSON.parse(json))
  } catch (cause) {
    throw refuse('is not a safetensors file: its header is not a JSON object', { cause })
  }
  const repeated = repeatedKey(json)
  if (repeated !== undefined) throw refuse(`has a header that names ${shown(repeated)} twice`)
  return header
}

function checkHeader(
  { __metadata__, ...tensors }: Record<string, unknown>,
  dataStart: number,
  size: number,
  refuse: Refuse,
): Header {
  const metadata = headerMetadata.safeParse(__metadata__ ?? {})
  if (!metadata.success) throw refuse('has a header whose __metadata__ is not an object of strings')
  const entries = Object.entries(tensors)
    .map(([name, value]) => checkEntry(name, value, dataStart, refuse))
    .toSorted((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)
  let end = dataStart
  for (const entry of entries) {
    if (entry.offset < end) throw refuse(`has tensors that overlap at ${shown(entry.name)}`)
    if (entry.offset > end) throw refuse(`has bytes before the tensor ${shown(entry.name)} that belong to no tensor`)
    end = entry.offset + entry.sizeBytes
    if (end > size)
      throw refuse(`is truncated: the tensor ${shown(entry.name)} ends at byte ${end} and the file at ${size}`)
  }
  if (end < size) throw refuse(`has ${size - end} bytes after its last tensor`)
  return { metadata: metadata.data, entries }
}

function checkEntry(name: string, value: unknown, dataStart: number, refuse: Refuse): SafetensorsEntry {
  const parsed = headerEntry.safeParse(value)
  if (!parsed.success) throw refuse(`has an invalid header entry for the tensor ${shown(name)}`)
  const { dtype, shape, data_offsets } = parsed.data
  if (!isDtype(dtype)) throw refuse(`holds the tensor ${shown(name)} of the unsupported type ${shown(dtype)}`)
  const [from, to] = data_offsets
  const sizeBytes = byteCount(shape, dtypeBytes[dtype])
  if (to - from !== sizeBytes)
    throw refuse(
      `has ${to - from} bytes for the tensor ${shown(name)}, but its shape ${shownShape(shape)} of ${dtype} needs ${sizeBytes}`,
    )
  return { name, dtype, shape, offset: dataStart + from, sizeBytes }
}
