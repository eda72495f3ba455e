import { NewFile, type WrittenFile } from '../new-file.ts'
import { readSource, sourceBytes, type TensorSource } from '../tensor-source.ts'

/**
 * Writes a new safetensors file, tensor by tensor sorted by name, and flushes it to the disk. Fails if the file exists.
 * @returns its size and SHA-256, computed from what was written.
 */
export async function writeSafetensors(
  path: string,
  sources: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<WrittenFile> {
  const sorted = sources.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  await using file = await NewFile.create(path)
  await file.write(encodeHeader(sorted, metadata))
  for (const source of sorted) {
    signal?.throwIfAborted()
    await file.write(await readSource(source))
  }
  return await file.finish()
}

/** Header with its length in front, padded with spaces so that the data begins at a multiple of 8. */
function encodeHeader(sources: readonly TensorSource[], metadata: Readonly<Record<string, string>>): Uint8Array {
  let offset = 0
  const entries = sources.map((source): [string, unknown] => {
    const from = offset
    offset += sourceBytes(source)
    return [source.name, { dtype: source.dtype, shape: source.shape, data_offsets: [from, offset] }]
  })
  const json = JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries]))
  const text = new TextEncoder().encode(json)
  const header = new Uint8Array(8 + Math.ceil(text.byteLength / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.byteLength - 8), true)
  header.set(text, 8)
  return header
}
