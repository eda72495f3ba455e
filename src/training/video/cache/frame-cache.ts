import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { isDiskFull, systemCode, systemLimit, systemProblem } from '#contract/api/errors.ts'
import { unfinishedName } from '#node/cache-folder.ts'
import { openFrameFolder } from '#node/frame-folder.ts'
import { type CacheKey, type Layout, layoutOf, type Place, placesOf, readHead, sumBytes } from './frame-layout.ts'
import { packFrame, unpackFrame } from './frame-packing.ts'

/** Opens the folder of the frame cache. @returns the number of files of earlier versions, which were deleted, or why the folder cannot be used */
export function openFrameCache(directory: string): { readonly outdated: number; readonly problem?: string } {
  try {
    return { outdated: openFrameFolder(directory) }
  } catch (cause) {
    return { outdated: 0, problem: unusable(directory, cause) }
  }
}

/** The sentence for a folder that cannot be written. @throws the error if the folder is not the cause */
export function unusable(directory: string, cause: unknown): string {
  const code = systemCode(cause)
  if (code === undefined || systemLimit(cause) !== undefined) throw cause
  const problem = isDiskFull(cause) ? 'the disk is full' : (systemProblem(cause)?.problem ?? code)
  return `Decoded frames cannot be stored in ${directory} (${problem}): videos are decoded each time.`
}

/** Frames one after the other in the order asked for; or why the file was thrown away, which is undefined if there was none. */
export type CachedFrames = { readonly data: Uint8Array } | { readonly damage: string | undefined }

/** The time of use of a file is written at most once in this time. */
const useEveryMs = 60_000

/**
 * Reads cached frames and compares their checksums, and notes that the file was used. A file that is damaged or belongs to another video is
 * deleted. Another process may delete the file meanwhile: then there is none, or its content is read to the end.
 * @param usedSinceMs a use before this time is noted again
 * @param allocate gives the memory of the frames
 */
export function readCachedFrames(
  path: string,
  key: CacheKey,
  frameIndices: readonly number[],
  usedSinceMs = 0,
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow,
): CachedFrames {
  const descriptor = openIfPresent(path)
  if (descriptor === undefined) return { damage: undefined }
  let damage: string
  try {
    const { size, mtimeMs } = fstatSync(descriptor)
    const found = readChecked(descriptor, key, size, frameIndices, allocate)
    if (typeof found !== 'string') {
      const now = Date.now()
      if (mtimeMs < usedSinceMs || Math.abs(now - mtimeMs) > useEveryMs) noteUse(path, now)
      return { data: found }
    }
    damage = found
  } finally {
    closeSync(descriptor)
  }
  // Another process may be about to replace it by a good one; then that one is written again.
  rmSync(path, { force: true })
  return { damage }
}

/** Undefined without such a file, or a folder that it could be in. */
function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw cause
  }
}

function noteUse(path: string, now: number): void {
  try {
    utimesSync(path, new Date(now), new Date(now))
  } catch (cause) {
    // It was deleted meanwhile, or the folder is for reading only: then no file of it is ever deleted.
    if (systemCode(cause) === undefined) throw cause
  }
}

function readChecked(
  descriptor: number,
  key: CacheKey,
  size: number,
  frameIndices: readonly number[],
  allocate: (bytes: number) => Buffer,
): Uint8Array | string {
  const found = readHead(descriptor, layoutOf(key, false)) ?? readHead(descriptor, layoutOf(key, true))
  if (found === undefined) return 'Its cached frames were not those of this video, size and decoder.'
  const { head, layout } = found
  const { bytesPerFrame, headSumAt } = layout
  const places = placesOf(found, key.frameCount)
  if (size !== places.end || crc32(head.subarray(0, headSumAt)) !== head.readUInt32LE(headSumAt)) return damaged
  const frames = allocate(bytesPerFrame * frameIndices.length)
  const firstOf = new Map<number, number>()
  for (const [position, index] of frameIndices.entries()) {
    const at = position * bytesPerFrame
    const earlier = firstOf.get(index)
    if (earlier === undefined) {
      const frame = frames.subarray(at, at + bytesPerFrame)
      if (!readFrame(descriptor, layout, places.of(index), frame)) return damaged
      firstOf.set(index, at)
    } else frames.copyWithin(at, earlier, earlier + bytesPerFrame)
  }
  return frames
}

/** @returns whether the bytes are those that were written */
function readFrame(
  descriptor: number,
  { width, bytesPerFrame }: Layout,
  { at, bytes, sum }: Place,
  frame: Uint8Array,
): boolean {
  const isStoredAsItIs = bytes === bytesPerFrame
  const stored = isStoredAsItIs ? frame : Buffer.allocUnsafe(bytes)
  if (readSync(descriptor, stored, 0, bytes, at) !== bytes || crc32(stored) !== sum) return false
  return isStoredAsItIs || unpackFrame(stored, width, frame)
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

/** Opens a writer for `path`, whose file is compressed without loss if wished. If the folder cannot be written, or the disk is full, it ignores the frames and says why. */
export function writeCachedFrames(path: string, key: CacheKey, isCompressed = false): CacheWriter {
  const { header, entryBytes, width, headSumAt, framesAt, sizeBytes } = layoutOf(key, isCompressed)
  const { frameCount } = key
  const writer = `${process.pid}-${randomBytes(4).toString('hex')}`
  const temporary = join(dirname(path), unfinishedName(basename(path), writer))
  const head = Buffer.alloc(framesAt)
  header.copy(head)
  let count = 0
  let end = framesAt
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
      problem = unusable(dirname(path), cause)
    }
  }
  attempt(() => {
    descriptor = openSync(temporary, 'wx')
    // Other processes see how much room it is going to need.
    ftruncateSync(descriptor, sizeBytes)
  })
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
        const packed = isCompressed ? packFrame(frame, width) : frame
        const stored = packed.length < frame.length ? packed : frame
        const entry = header.length + entryBytes * count
        if (isCompressed) head.writeUInt32LE(stored.length, entry)
        head.writeUInt32LE(crc32(stored), entry + entryBytes - sumBytes)
        writeAll(file, stored, end)
        end += stored.length
        count += 1
      })
    },
    commit() {
      if (descriptor === undefined) return
      const file = descriptor
      attempt(() => {
        head.writeUInt32LE(crc32(head.subarray(0, headSumAt)), headSumAt)
        writeAll(file, head, 0)
        ftruncateSync(file, end)
        futimesSync(file, new Date(), new Date())
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
