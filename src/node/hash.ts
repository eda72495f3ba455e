import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { refuseSpecialFile } from './regular-file.ts'
import type { ByteRange } from './tar.ts'

/** SHA-256 of a file or a part of it, in hexadecimal. */
export async function hashFile(path: string, signal?: AbortSignal, part?: ByteRange): Promise<string> {
  refuseSpecialFile(path)
  const hash = createHash('sha256')
  const range = part === undefined ? {} : { start: part.position, end: part.position + part.length - 1 }
  await pipeline(createReadStream(path, range), hash, { signal })
  return hash.digest('hex')
}
