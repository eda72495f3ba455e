import type { FileHandle } from 'node:fs/promises'

/** Bytes of a file by position, for readers of container formats. */
export interface Source {
  readonly size: number
  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
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

/** Reads the `size` bytes from `origin` through one window, so that walking over small units takes few reads. */
export function openSource(handle: FileHandle, size: number, origin = 0): Source {
  let window: Buffer = Buffer.alloc(0)
  let start = 0
  const load = async (position: number, length: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position: origin + position })
    return buffer.subarray(0, bytesRead)
  }
  return {
    size,
    async read(position, length) {
      const available = position < 0 ? 0 : Math.max(0, Math.min(length, size - position))
      if (available === 0) return Buffer.alloc(0)
      if (available > windowBytes) return load(position, available)
      if (position < start || position + available > start + window.length) {
        window = await load(position, Math.min(windowBytes, size - position))
        start = position
      }
      return window.subarray(position - start, position - start + available)
    },
  }
}
