import { closeSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import type { Size } from './geometry.ts'

/** Name of the file that holds all frames of a video at one size: their RGB bytes, one frame after the other. */
export function storeName(digest: string, { width, height }: Size): string {
  return `${digest}-${width}x${height}.rgb`
}

const staleAfterMs = 3_600_000

/** The files of a store with their sizes in bytes. The folder is made where it is missing; what a killed writer left is removed. */
export function listStore(directory: string): Map<string, number> {
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

/** Reads stored frames by number; undefined where the file is missing or not exactly `sizeBytes` long. */
export function readStored(
  path: string,
  bytesPerFrame: number,
  sizeBytes: number,
  indices: readonly number[],
): Map<number, Uint8Array> | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.size !== sizeBytes) return undefined
  const descriptor = openSync(path, 'r')
  try {
    const frames = new Map<number, Uint8Array>()
    for (const index of indices) {
      const frame = new Uint8Array(bytesPerFrame)
      readSync(descriptor, frame, 0, bytesPerFrame, index * bytesPerFrame)
      frames.set(index, frame)
    }
    return frames
  } finally {
    closeSync(descriptor)
  }
}

/** A file that grows under a temporary name and appears whole. */
export interface StoreWriter {
  write(frame: Uint8Array): void
  commit(): void
  discard(): void
}

/** Opens a writer for `path`. A full disk only ends the storing, never the reading: the writer then drops its file. */
export function writeStored(path: string): StoreWriter {
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
        if (systemCode(cause) !== 'ENOSPC') throw cause
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
