import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClipPixels } from '../../data/clip.ts'
import type { PixelMemory } from '../../data/pixel-memory.ts'

/** The arrays in a file, one after the other. */
export type StoredPixels = readonly { readonly isFloat: boolean; readonly length: number }[]

/**
 * Files without a name through which a worker process hands over the pixels of clips. As messages they would be copied several times, and
 * the copies left to garbage collection: more work than reading small clips.
 */
export interface ClipFiles extends Disposable {
  /** The worker process inherits them after its streams and its channel. There are none on a machine that has no place for them. */
  readonly descriptors: readonly number[]
  /** Copies what the worker process stored in the file at this position into arrays of `memory`. */
  read(index: number, stored: StoredPixels, memory: PixelMemory): ClipPixels[]
}

/** Opens up to `count` files. Their space is freed when both processes have ended, however they end. */
export function openClipFiles(count: number): ClipFiles {
  const descriptors: number[] = []
  for (let index = 0; index < count; index++) {
    const descriptor = openUnnamed()
    if (descriptor !== undefined) descriptors.push(descriptor)
  }
  return {
    descriptors,
    read(index, stored, memory) {
      const descriptor = descriptors[index]
      if (descriptor === undefined)
        throw new Error(`A worker process named clip file ${index}, which it does not have.`)
      let position = 0
      return stored.map(({ isFloat, length }) => {
        const pixels = isFloat ? memory.take(length) : memory.takeBytes(length)
        readWhole(descriptor, pixels, position)
        position += pixels.byteLength
        return pixels
      })
    },
    [Symbol.dispose]() {
      for (const descriptor of descriptors.splice(0)) closeSync(descriptor)
    },
  }
}

/** Linux keeps files of the first folder in memory. */
const folders = process.platform === 'linux' ? ['/dev/shm', tmpdir()] : [tmpdir()]

/** Opens a new file and removes its name. Undefined if no folder takes it: pixels are then sent as messages. */
function openUnnamed(): number | undefined {
  for (const folder of folders) {
    const path = join(folder, `mvd-clip-${randomUUID()}`)
    try {
      const descriptor = openSync(path, 'wx+', 0o600)
      unlinkSync(path)
      return descriptor
    } catch {
      continue
    }
  }
  return undefined
}

function readWhole(descriptor: number, pixels: ClipPixels, position: number): void {
  const bytes = bytesOf(pixels)
  for (let at = 0; at < bytes.length;) {
    const count = readSync(descriptor, bytes, at, bytes.length - at, position + at)
    if (count === 0) throw new Error('A worker process stored fewer pixels of a clip than it named.')
    at += count
  }
}

/** Descriptor of the first file in a worker process: its streams and its channel come before. */
const firstDescriptor = 4

/** Stores the pixels of a clip in a file that this worker process inherited. Undefined if there is no space for them. */
export function storePixels(index: number, pixels: readonly ClipPixels[]): StoredPixels | undefined {
  let position = 0
  try {
    for (const array of pixels) {
      const bytes = bytesOf(array)
      for (let at = 0; at < bytes.length;)
        at += writeSync(firstDescriptor + index, bytes, at, bytes.length - at, position + at)
      position += bytes.length
    }
  } catch {
    // They are sent as a message instead.
    return undefined
  }
  return pixels.map((array) => ({ isFloat: array instanceof Float32Array, length: array.length }))
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ClipPixels): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
