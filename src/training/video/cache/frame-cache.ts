import { closeSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isDiskFull } from '#contract/api/errors.ts'
import type { DecodedVideo } from '../../data/clip.ts'

/** Name of the file with all frames of a video at one size: their RGB bytes, one frame after the other. */
export function cacheName({ digest, decodedSize: { width, height } }: DecodedVideo): string {
  return `${digest}-${width}x${height}.rgb`
}

const staleAfterMs = 3_600_000

/** Names and sizes in bytes of the cached files. Creates the folder if it is missing and deletes what a killed writer left. */
export function listCache(directory: string): Map<string, number> {
  mkdirSync(directory, { recursive: true })
  const files = new Map<string, number>()
  for (const name of readdirSync(directory)) {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false })
    if (stat === undefined) continue
    if (name.endsWith('.tmp') && Date.now() - stat.mtimeMs > staleAfterMs)
      rmSync(join(directory, name), { force: true })
    else files.set(name, stat.size)
  }
  return files
}

/** Reads cached frames by index; undefined if the file is missing or not exactly `sizeBytes` long. */
export function readCachedFrames(
  path: string,
  bytesPerFrame: number,
  sizeBytes: number,
  frameIndices: readonly number[],
): Map<number, Uint8Array> | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.size !== sizeBytes) return undefined
  const descriptor = openSync(path, 'r')
  try {
    const frames = new Map<number, Uint8Array>()
    for (const index of frameIndices) {
      const frame = new Uint8Array(bytesPerFrame)
      readSync(descriptor, frame, 0, bytesPerFrame, index * bytesPerFrame)
      frames.set(index, frame)
    }
    return frames
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a cached file under a temporary name; `commit` renames it, so that it is complete or missing. */
export interface CacheWriter {
  write(frame: Uint8Array): void
  commit(): void
  discard(): void
}

/** Opens a writer for `path`. If the disk is full, the writer deletes its file and ignores further frames. */
export function writeCachedFrames(path: string): CacheWriter {
  const temporary = `${path}.${process.pid}.tmp`
  let descriptor: number | undefined = openSync(temporary, 'w')
  const discard = () => {
    if (descriptor === undefined) return
    closeSync(descriptor)
    descriptor = undefined
    rmSync(temporary, { force: true })
  }
  return {
    write(frame) {
      if (descriptor === undefined) return
      try {
        for (let written = 0; written < frame.length;) written += writeSync(descriptor, frame, written)
      } catch (cause) {
        if (!isDiskFull(cause)) throw cause
        discard()
      }
    },
    commit() {
      if (descriptor === undefined) return
      closeSync(descriptor)
      descriptor = undefined
      renameSync(temporary, path)
    },
    discard,
  }
}
