import { type FileHandle, open } from 'node:fs/promises'
import { z } from 'zod'
import { StudioError, systemCode } from '#contract/errors.ts'
import type { HostTensor } from '../engine/engine.ts'
import { type Dtype, decodeNumbers, dtypeBytes, isDtype, isFloating } from './dtypes.ts'

/** One tensor of a file. Offsets count from the start of the file. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly offset: number
  readonly sizeBytes: number
}

const maxHeaderBytes = 100_000_000
const headerEntry = z.object({ dtype: z.string(), shape: z.array(z.int().nonnegative()), data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]) })
const headerMetadata = z.record(z.string(), z.string())

/** An open safetensors file. Tensors are read one by one, never the whole file. */
export class SafetensorsReader implements AsyncDisposable {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  /** In the order in which they lie in the file. */
  readonly entries: readonly TensorEntry[]
  readonly #byName: ReadonlyMap<string, TensorEntry>
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle, header: Header) {
    this.path = path
    this.#file = file
    this.metadata = header.metadata
    this.entries = header.entries
    this.#byName = new Map(header.entries.map((entry) => [entry.name, entry]))
  }

  /**
   * Opens a file and checks its header: sizes, types, offsets inside the file, nothing overlapping or left over.
   * @throws StudioError `not-found` or `checkpoint-invalid`, naming the file.
   */
  static async open(path: string): Promise<SafetensorsReader> {
    const file = await open(path, 'r').catch((cause: unknown) => {
      if (systemCode(cause) === 'ENOENT') throw new StudioError('not-found', `There is no file ${path}.`, 'Check the path.', { cause })
      throw cause
    })
    try {
      return new SafetensorsReader(path, file, await readHeader(file, path))
    } catch (cause) {
      await file.close()
      throw cause
    }
  }

  /** The tensor's bytes as they lie in the file, little-endian and row-major. */
  async readBytes(entry: TensorEntry): Promise<Uint8Array> {
    const bytes = new Uint8Array(entry.sizeBytes)
    await readFully(this.#file, bytes, entry.offset, this.path)
    return bytes
  }

  /** The tensor's values in the precision of the file; half precision is widened to 32 bits. */
  async readNumbers(entry: TensorEntry): Promise<Float64Array | Float32Array | Int32Array> {
    return decodeNumbers(await this.readBytes(entry), entry.dtype)
  }

  /** Floating types become float32, integers int32. */
  async read(name: string): Promise<HostTensor> {
    const entry = this.#byName.get(name)
    if (entry === undefined) throw invalid(this.path, `holds no tensor ${name}`)
    const values = await this.readNumbers(entry)
    if (isFloating(entry.dtype)) return { shape: entry.shape, dtype: 'float32', data: values instanceof Float32Array ? values : Float32Array.from(values) }
    const data = Int32Array.from(values)
    if (!values.every((value, index) => value === data[index])) throw invalid(this.path, `holds whole numbers beyond 32 bits in the tensor ${name}`)
    return { shape: entry.shape, dtype: 'int32', data }
  }

  async readAll(signal?: AbortSignal): Promise<Record<string, HostTensor>> {
    const tensors: [string, HostTensor][] = []
    for (const { name } of this.entries) {
      signal?.throwIfAborted()
      tensors.push([name, await this.read(name)])
    }
    return Object.fromEntries(tensors)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/** All tensors of a file. Errors as for `SafetensorsReader.open`. */
export async function readSafetensors(path: string, signal?: AbortSignal): Promise<Record<string, HostTensor>> {
  await using reader = await SafetensorsReader.open(path)
  return await reader.readAll(signal)
}

interface Header {
  readonly metadata: Readonly<Record<string, string>>
  readonly entries: readonly TensorEntry[]
}

async function readHeader(file: FileHandle, path: string): Promise<Header> {
  const { size } = await file.stat()
  if (size < 8) throw invalid(path, `is ${size} bytes long, too short for a safetensors file`)
  const prefix = new Uint8Array(8)
  await readFully(file, prefix, 0, path)
  const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true))
  if (headerBytes > maxHeaderBytes || headerBytes > size - 8) throw invalid(path, 'is no safetensors file, or is cut off: its header is longer than the file')
  const text = new Uint8Array(headerBytes)
  await readFully(file, text, 8, path)
  return checkHeader(parseHeader(text, path), 8 + headerBytes, size, path)
}

function parseHeader(text: Uint8Array, path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)))
  } catch (cause) {
    throw invalid(path, 'is no safetensors file: its header is not a JSON object', cause)
  }
}

function checkHeader({ __metadata__, ...tensors }: Record<string, unknown>, dataStart: number, size: number, path: string): Header {
  const metadata = headerMetadata.safeParse(__metadata__ ?? {})
  if (!metadata.success) throw invalid(path, 'has a header whose __metadata__ is not a table of texts')
  const entries = Object.entries(tensors)
    .map(([name, value]) => checkEntry(name, value, dataStart, path))
    .toSorted((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)
  let end = dataStart
  for (const entry of entries) {
    if (entry.offset < end) throw invalid(path, `has tensors that overlap at ${entry.name}`)
    if (entry.offset > end) throw invalid(path, `has bytes before the tensor ${entry.name} that belong to no tensor`)
    end = entry.offset + entry.sizeBytes
    if (end > size) throw invalid(path, `is cut off: the tensor ${entry.name} ends at byte ${end} and the file at ${size}`)
  }
  if (end < size) throw invalid(path, `has ${size - end} bytes after its last tensor`)
  return { metadata: metadata.data, entries }
}

function checkEntry(name: string, value: unknown, dataStart: number, path: string): TensorEntry {
  const parsed = headerEntry.safeParse(value)
  if (!parsed.success) throw invalid(path, `describes the tensor ${name} in an unknown way`)
  const { dtype, shape, data_offsets } = parsed.data
  if (!isDtype(dtype)) throw invalid(path, `holds the tensor ${name} of the type ${dtype}, which the studio cannot read`)
  const [from, to] = data_offsets
  const sizeBytes = shape.reduce((product, size) => product * size, dtypeBytes[dtype])
  if (to - from !== sizeBytes) throw invalid(path, `gives the tensor ${name} ${to - from} bytes, but its shape [${shape.join(', ')}] of ${dtype} needs ${sizeBytes}`)
  return { name, dtype, shape, offset: dataStart + from, sizeBytes }
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number, path: string): Promise<void> {
  // One read call of the system returns at most 2 GiB.
  const chunkBytes = 2 ** 30
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(chunkBytes, bytes.byteLength - done), position + done)
    if (bytesRead === 0) throw invalid(path, 'became shorter while it was read')
    done += bytesRead
  }
}

const invalid = (path: string, problem: string, cause?: unknown) =>
  new StudioError('checkpoint-invalid', `The file ${path} ${problem}.`, 'Use another checkpoint, or copy this file anew from where it came.', { cause })
