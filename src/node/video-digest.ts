import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

const partBytes = 1024 * 1024

/** Hashes the size in bytes, as decimal text, and parts of a file; `parts` lists their positions and lengths. */
function startDigest(size: number) {
  return {
    hash: createHash('sha256').update(String(size)),
    parts: [0, Math.max(0, size - partBytes)].map((position) => ({ position, length: Math.min(partBytes, size) })),
  }
}

/**
 * SHA-256 over the size, the first and the last mebibyte of a file: what a manifest stores of each video.
 * @throws a system error if the file cannot be read
 */
export function digestOfVideo(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { hash, parts } = startDigest(fstatSync(file).size)
    for (const { position, length } of parts) {
      const buffer = Buffer.allocUnsafe(length)
      hash.update(buffer.subarray(0, readSync(file, buffer, 0, length, position)))
    }
    return hash.digest('hex')
  } finally {
    closeSync(file)
  }
}

/** The same without blocking. */
export async function readVideoDigest(path: string): Promise<string> {
  await using handle = await open(path)
  return await digestOfHandle(handle, (await handle.stat()).size)
}

/** The same of an open file of `size` bytes. */
export async function digestOfHandle(handle: FileHandle, size: number): Promise<string> {
  const { hash, parts } = startDigest(size)
  for (const { position, length } of parts) {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafe(length), position })
    hash.update(buffer.subarray(0, bytesRead))
  }
  return hash.digest('hex')
}
