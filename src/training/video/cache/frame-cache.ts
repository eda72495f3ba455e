import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { isDiskFull, systemCode, systemLimit, systemProblem } from '#contract/api/errors.ts'
import type { DecodedVideo } from '../../data/clip.ts'

/** What cached frames are the frames of. A file with another key is not used. */
export interface CacheKey extends Pick<DecodedVideo, 'digest' | 'decodedSize' | 'frameCount'> {
  /** Name and version of the decoder: another one may give other pixels. */
  readonly decoder: string
}

const ending = '.frames'
/** Ending of files of earlier versions, which had no checksums and could hold the frames of another video. */
const outdatedEnding = '.rgb'

/** Name of the file with all frames of a video at one size. */
export function cacheName({
  digest,
  decodedSize: { width, height },
}: Pick<DecodedVideo, 'digest' | 'decodedSize'>): string {
  return `${digest}-${width}x${height}${ending}`
}

const staleAfterMs = 3_600_000

/** What the folder of the frame cache holds. */
export interface CacheListing {
  /** Sizes in bytes by name. */
  readonly files: Map<string, number>
  /** Number of files of earlier versions, which were deleted. */
  readonly outdated: number
  /** Why the folder cannot be used, as a sentence. */
  readonly problem?: string
}

/** Creates the folder if it is missing, and deletes what a killed writer or an earlier version left. */
export function listCache(directory: string): CacheListing {
  const files = new Map<string, number>()
  let outdated = 0
  try {
    mkdirSync(directory, { recursive: true })
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat === undefined) continue
      if (name.endsWith(outdatedEnding)) {
        rmSync(path, { force: true })
        outdated += 1
      } else if (name.endsWith('.tmp') && Date.now() - stat.mtimeMs > staleAfterMs) rmSync(path, { force: true })
      else files.set(name, stat.size)
    }
  } catch (cause) {
    return { files, outdated, problem: unusable(directory, cause) }
  }
  return { files, outdated }
}

/** The sentence for a folder that cannot be written. @throws the error if the folder is not the cause */
function unusable(directory: string, cause: unknown): string {
  const code = systemCode(cause)
  if (code === undefined || systemLimit(cause) !== undefined) throw cause
  const problem = isDiskFull(cause) ? 'the disk is full' : (systemProblem(cause)?.problem ?? code)
  return `Decoded frames cannot be stored in ${directory} (${problem}): videos are decoded each time.`
}

/** Layout of a cached file: header, CRC-32 of each frame, CRC-32 of all before it, frames as RGB bytes. */
interface Layout {
  /** Magic bytes, length of the description, and the description: the key as JSON. */
  readonly header: Buffer
  readonly bytesPerFrame: number
  /** Position of the checksum of the header and the table. */
  readonly headSumAt: number
  readonly framesAt: number
  readonly sizeBytes: number
}

const magic = 'MVDFRAME'
const version = 1
const sumBytes = 4

function layoutOf({ digest, decodedSize: { width, height }, frameCount, decoder }: CacheKey): Layout {
  const description = Buffer.from(JSON.stringify({ version, digest, width, height, frameCount, decoder }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(description.length)
  const header = Buffer.concat([Buffer.from(magic, 'latin1'), length, description])
  const headSumAt = header.length + sumBytes * frameCount
  const bytesPerFrame = width * height * 3
  const framesAt = headSumAt + sumBytes
  return { header, bytesPerFrame, headSumAt, framesAt, sizeBytes: framesAt + bytesPerFrame * frameCount }
}

/** Frames by index; or why the file was thrown away, which is undefined if there was none. */
export type CachedFrames = { readonly frames: Map<number, Uint8Array> } | { readonly damage: string | undefined }

/** Reads cached frames and compares their checksums. A file that is damaged or belongs to another video is deleted. */
export function readCachedFrames(path: string, key: CacheKey, frameIndices: readonly number[]): CachedFrames {
  const layout = layoutOf(key)
  const size = sizeOf(path)
  if (size === undefined) return { damage: undefined }
  const descriptor = openSync(path, 'r')
  let damage: string
  try {
    const found = readChecked(descriptor, layout, size, frameIndices)
    if (typeof found !== 'string') return { frames: found }
    damage = found
  } finally {
    closeSync(descriptor)
  }
  // Another process may be about to replace it by a good one; then that one is written again.
  rmSync(path, { force: true })
  return { damage }
}

/** Undefined without such a file, or a folder that it could be in. */
function sizeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size
  } catch (cause) {
    if (systemCode(cause) === 'ENOTDIR') return undefined
    throw cause
  }
}

function readChecked(
  descriptor: number,
  { header, bytesPerFrame, headSumAt, framesAt, sizeBytes }: Layout,
  size: number,
  frameIndices: readonly number[],
): Map<number, Uint8Array> | string {
  const head = Buffer.allocUnsafe(framesAt)
  const isWhole = readSync(descriptor, head, 0, framesAt, 0) === framesAt
  if (!isWhole || !head.subarray(0, header.length).equals(header))
    return 'Its cached frames were not those of this video, size and decoder.'
  if (size !== sizeBytes || crc32(head.subarray(0, headSumAt)) !== head.readUInt32LE(headSumAt)) return damaged
  const frames = new Map<number, Uint8Array>()
  for (const index of frameIndices) {
    const frame = Buffer.allocUnsafeSlow(bytesPerFrame)
    const bytes = readSync(descriptor, frame, 0, bytesPerFrame, framesAt + index * bytesPerFrame)
    if (bytes !== bytesPerFrame || crc32(frame) !== head.readUInt32LE(header.length + sumBytes * index)) return damaged
    frames.set(index, frame)
  }
  return frames
}

const damaged = 'Its cached frames were damaged (their checksums differ).'

/** Writes a cached file under a temporary name; `commit` renames it, so that it is complete or missing. */
export interface CacheWriter {
  /** Frames in order. */
  write(frame: Uint8Array): void
  commit(): void
  discard(): void
  /** Why the frames cannot be stored, as a sentence. */
  readonly problem: string | undefined
}

/** Opens a writer for `path`. If the folder cannot be written, or the disk is full, it ignores the frames and says why. */
export function writeCachedFrames(path: string, key: CacheKey): CacheWriter {
  const { header, headSumAt, framesAt } = layoutOf(key)
  const { frameCount } = key
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  const head = Buffer.alloc(framesAt)
  header.copy(head)
  let count = 0
  let problem: string | undefined
  let descriptor: number | undefined
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  const discard = () => {
    close()
    rmSync(temporary, { force: true })
  }
  const attempt = (action: () => void) => {
    try {
      action()
    } catch (cause) {
      discard()
      problem = unusable(join(path, '..'), cause)
    }
  }
  attempt(() => (descriptor = openSync(temporary, 'wx')))
  return {
    get problem() {
      return problem
    },
    write(frame) {
      if (descriptor === undefined) return
      // More frames than were imported: the caller refuses the video.
      if (count === frameCount) return discard()
      const file = descriptor
      attempt(() => {
        head.writeUInt32LE(crc32(frame), header.length + sumBytes * count)
        writeAll(file, frame, framesAt + frame.length * count)
        count += 1
      })
    },
    commit() {
      if (descriptor === undefined) return
      const file = descriptor
      attempt(() => {
        head.writeUInt32LE(crc32(head.subarray(0, headSumAt)), headSumAt)
        writeAll(file, head, 0)
        close()
        renameSync(temporary, path)
      })
    },
    discard,
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, position + written)
}
