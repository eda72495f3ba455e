import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { framesOfVideo } from './frame-pictures.ts'
import { findMember, locateMember, type VideoBytes } from './tar-members.ts'

const partBytes = 1024 * 1024

/** A stretch of a file that a digest covers. */
interface Piece {
  readonly file: string
  readonly position: number
  readonly length: number
}

interface SizedFile {
  readonly file: string
  /** Where its content begins, if it is a part of the file. */
  readonly start?: number
  readonly size: number
}

/** Starts a hash with `head`; `pieces` are the first and the last mebibyte of the files, one after the other. */
function startDigest(head: string, files: readonly SizedFile[]): { hash: Hash; pieces: Piece[] } {
  const total = files.reduce((sum, { size }) => sum + size, 0)
  const length = Math.min(partBytes, total)
  const pieces = [0, total - length].flatMap((from) => {
    let before = 0
    return files.flatMap(({ file, start = 0, size }): Piece[] => {
      const position = Math.max(0, from - before)
      const end = Math.min(size, from + length - before)
      before += size
      return end > position ? [{ file, position: start + position, length: end - position }] : []
    })
  })
  return { hash: createHash('sha256').update(head), pieces }
}

/** Bytes by position. */
interface ReadableBytes {
  readonly size: number
  read(position: number, length: number): Buffer
}

/** The digest of a file that is open. */
export function digestOfBytes({ size, read }: ReadableBytes): string {
  const length = Math.min(partBytes, size)
  const first = read(0, length)
  return createHash('sha256')
    .update(String(size))
    .update(first)
    .update(length === size ? first : read(size - length, length))
    .digest('hex')
}

/** The digest of a file begins with its size in bytes, as decimal text. */
const ofFile = (file: string, size: number, start = 0) => startDigest(String(size), [{ file, start, size }])

/** A file in a tar file has the digest that it would have outside of it. */
const ofMember = ({ file, position, length }: VideoBytes) => ofFile(file, length, position)

/** That of a folder begins with the sizes of its pictures in order. If some are missing, it is another one. */
const ofFolder = (files: readonly SizedFile[], problem = '') =>
  startDigest(`frames ${files.map(({ size }) => size).join(' ')} ${problem}`, files)

/**
 * What a manifest stores of each video: SHA-256 over the size, the first and the last mebibyte of a file; of a folder of numbered pictures,
 * over the sizes of its files, and the first and the last mebibyte of all of them together.
 * @throws a system error if it cannot be read
 */
export function digestOfVideo(path: string): string {
  const { hash, pieces } = start(path)
  for (const { file, position, length } of pieces) {
    const handle = openSync(file, 'r')
    try {
      const buffer = Buffer.allocUnsafe(length)
      hash.update(buffer.subarray(0, readSync(handle, buffer, 0, length, position)))
    } finally {
      closeSync(handle)
    }
  }
  return hash.digest('hex')
}

/** The same without blocking. */
export async function readVideoDigest(path: string): Promise<string> {
  const { hash, pieces } = await startReading(path)
  for (const { file, position, length } of pieces) {
    await using handle = await open(file)
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafe(length), position })
    hash.update(buffer.subarray(0, bytesRead))
  }
  return hash.digest('hex')
}

function start(path: string): ReturnType<typeof startDigest> {
  const member = findMember(path)
  if (member !== undefined) return ofMember(member)
  const facts = statSync(path)
  if (!facts.isDirectory()) return ofFile(path, facts.size)
  const { names, problem } = framesOfVideo(readdirSync(path))
  const sized = (name: string) => ({ file: join(path, name), size: statSync(join(path, name)).size })
  return ofFolder(names.map(sized), problem)
}

async function startReading(path: string): Promise<ReturnType<typeof startDigest>> {
  const member = await locateMember(path)
  if (member !== undefined) return ofMember(member)
  const facts = await stat(path)
  if (!facts.isDirectory()) return ofFile(path, facts.size)
  const { names, problem } = framesOfVideo(await readdir(path))
  const files: SizedFile[] = []
  for (const name of names) {
    const file = join(path, name)
    files.push({ file, size: (await stat(file)).size })
  }
  return ofFolder(files, problem)
}
