import { readSync } from 'node:fs'
import type { Size } from '../../data/geometry.ts'

/** Bytes of a file by position, for readers of container formats. */
export interface Source {
  readonly size: number
  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  read(position: number, length: number): Buffer
}

/** How far the media data of a file reaches, by the sizes that its container states. */
export interface MediaExtent {
  /** Position behind the last byte of media data that the container promises. Larger than the file if the file is cut off. */
  readonly end: number
  /**
   * `all` if the container states the size of all media data. Otherwise the unit that `end` closes, such as `packet`: how much
   * follows it is unknown.
   */
  readonly unit: 'all' | 'packet' | 'page' | 'block' | 'fragment' | 'picture'
}

const windowBytes = 65_536

/**
 * Reads the `size` bytes from `origin` of an open file through one window, so that walking over small units takes few reads. They block, since a
 * file takes a dozen of them, and each turn of the event loop takes longer than a read.
 */
export function openSource(handle: number, size: number, origin = 0): Source {
  let window: Buffer = Buffer.alloc(0)
  let start = 0
  const load = (position: number, length: number): Buffer => {
    const buffer = Buffer.allocUnsafe(length)
    return buffer.subarray(0, readSync(handle, buffer, 0, length, origin + position))
  }
  return {
    size,
    read(position, length) {
      const available = position < 0 ? 0 : Math.max(0, Math.min(length, size - position))
      if (available === 0) return Buffer.alloc(0)
      if (available > windowBytes) return load(position, available)
      if (position < start || position + available > start + window.length) {
        window = load(position, Math.min(windowBytes, size - position))
        start = position
      }
      return window.subarray(position - start, position - start + available)
    },
  }
}

/**
 * What the header of a plain video says: one that is neither rotated nor cropped, and whose frames are all shown. For
 * such a file, FFmpeg finds the same by decoding the first frames.
 */
export interface PlainHeader extends Size {
  readonly frameCount: number
  /** Frames per second. */
  readonly frameRate: number
  readonly codec: string
  /** Its name in libavutil. */
  readonly pixelFormat: string
  /** Of each frame, where the file states them beside its frame rate, which may be another one. */
  readonly times?: readonly FrameTime[]
}

/** When a frame is shown, and for how long, in seconds. */
interface FrameTime {
  readonly shownAt: number
  readonly duration: number
}

/** Thrown for a file that is not a plain one: a demuxer has to read it. */
export class NotPlain extends Error {}

/** @throws NotPlain */
export function requirePlain(isPlain: boolean): asserts isPlain {
  if (!isPlain) throw new NotPlain()
}
