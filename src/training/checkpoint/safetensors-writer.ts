import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { NamedHostTensors } from '../engine/engine.ts'
import { type Dtype, dtypeBytes } from './dtypes.ts'

/** A tensor to be written. `read` is called once, when its turn has come, and gives little-endian row-major bytes. */
export interface TensorSource {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  read(): Promise<Uint8Array>
}

/** Tensors in host memory as sources. */
export function tensorSources(tensors: NamedHostTensors): TensorSource[] {
  return Object.entries(tensors).map(([name, { shape, dtype, data }]) => ({
    name,
    dtype: dtype === 'float32' ? 'F32' : 'I32',
    shape,
    read: async () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }))
}

/**
 * Writes a new safetensors file, tensor by tensor sorted by name, and forces it to the disk. Fails if the file exists.
 * @returns its size and SHA-256, computed from what was written.
 */
export async function writeSafetensors(
  path: string,
  sources: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<{ sizeBytes: number; sha256: string }> {
  const sorted = sources.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  try {
    const write = async (bytes: Uint8Array) => {
      hash.update(bytes)
      await writeFully(file, bytes)
      return bytes.byteLength
    }
    let sizeBytes = await write(encodeHeader(sorted, metadata))
    for (const source of sorted) {
      signal?.throwIfAborted()
      const bytes = await source.read()
      if (bytes.byteLength !== byteCount(source)) throw new Error(`The tensor ${source.name} gave ${bytes.byteLength} bytes instead of ${byteCount(source)}.`)
      sizeBytes += await write(bytes)
    }
    await file.sync()
    return { sizeBytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

/** Header with its length in front, padded with spaces so that the data begins at a multiple of 8. */
function encodeHeader(sources: readonly TensorSource[], metadata: Readonly<Record<string, string>>): Uint8Array {
  let offset = 0
  const entries = sources.map((source): [string, unknown] => {
    const from = offset
    offset += byteCount(source)
    return [source.name, { dtype: source.dtype, shape: source.shape, data_offsets: [from, offset] }]
  })
  const json = JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries]))
  const text = new TextEncoder().encode(json)
  const header = new Uint8Array(8 + Math.ceil(text.byteLength / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.byteLength - 8), true)
  header.set(text, 8)
  return header
}

const byteCount = ({ dtype, shape }: TensorSource): number => shape.reduce((product, size) => product * size, dtypeBytes[dtype])

async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  const chunkBytes = 2 ** 30
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(chunkBytes, bytes.byteLength - done))
    done += bytesWritten
  }
}
