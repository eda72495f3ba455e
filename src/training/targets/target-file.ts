import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { systemCode } from '#contract/api/errors.ts'
import { unfinishedName } from '#node/cache-folder.ts'

/**
 * A file of features: magic bytes, length of the description, the description as JSON, zeros up to an even length, float16 numbers
 * (little-endian), and the CRC-32 of all before it.
 */
interface Layout {
  readonly header: Buffer
  readonly sizeBytes: number
}

const magic = 'MVDTARGT'
const sumBytes = 4

function layoutOf(description: string, count: number): Layout {
  const text = Buffer.from(description)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  const header = Buffer.concat([Buffer.from(magic, 'latin1'), length, text, Buffer.alloc(text.length % 2)])
  return { header, sizeBytes: header.length + 2 * count + sumBytes }
}

/** Bytes of a file of `count` numbers. */
export const targetBytes = (description: string, count: number): number => layoutOf(description, count).sizeBytes

/** The numbers of a file; or why it cannot be used, which is undefined if there is none. */
export type StoredTargets = { readonly bits: Uint16Array } | { readonly damage: string | undefined }

/** The time of use of a file is written at most once in this time. */
const useEveryMs = 60_000

/**
 * Reads `count` float16 numbers, compares description and checksum, and notes that the file was used. A file that is damaged or has another
 * description is not used; the writer of the right one replaces it.
 * @param usedSinceMs a use before this time is noted again
 */
export async function readTargets(
  path: string,
  description: string,
  count: number,
  usedSinceMs: number,
): Promise<StoredTargets> {
  const { header, sizeBytes } = layoutOf(description, count)
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { size, mtimeMs } = await file.stat()
    if (size !== sizeBytes) return { damage: damaged }
    const content = Buffer.allocUnsafeSlow(sizeBytes)
    const { bytesRead } = await file.read(content, 0, sizeBytes, 0)
    const at = sizeBytes - sumBytes
    const isWhole = bytesRead === sizeBytes && crc32(content.subarray(0, at)) === content.readUInt32LE(at)
    if (!isWhole || !content.subarray(0, header.length).equals(header)) return { damage: damaged }
    const now = Date.now()
    if (mtimeMs < usedSinceMs || Math.abs(now - mtimeMs) > useEveryMs) await noteUse(path, now)
    return { bits: new Uint16Array(content.buffer, header.length, count) }
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return { damage: code === 'ENOENT' || code === 'ENOTDIR' ? undefined : `They cannot be read (${code}).` }
  } finally {
    await file?.close()
  }
}

const damaged = 'Their file is damaged (its checksum or its description differs).'

async function noteUse(path: string, now: number): Promise<void> {
  try {
    await utimes(path, new Date(now), new Date(now))
  } catch (cause) {
    // It was deleted meanwhile, or the folder is for reading only: then no file of it is ever deleted.
    if (systemCode(cause) === undefined) throw cause
  }
}

/** Writes a file of float16 numbers under a temporary name and renames it, so that it is complete or missing. */
export async function writeTargets(path: string, description: string, bits: Uint16Array): Promise<void> {
  const { header } = layoutOf(description, bits.length)
  const numbers = Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength)
  const sum = Buffer.alloc(sumBytes)
  sum.writeUInt32LE(crc32(numbers, crc32(header)))
  const writer = `${process.pid}-${randomBytes(4).toString('hex')}`
  const temporary = join(dirname(path), unfinishedName(basename(path), writer))
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(Buffer.concat([header, numbers, sum]))
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  }
}
