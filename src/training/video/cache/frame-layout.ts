import { readSync } from 'node:fs'
import type { DecodedVideo } from '../../data/clip.ts'

/** What cached frames are the frames of. A file with another key is not used. */
export interface CacheKey extends Pick<DecodedVideo, 'digest' | 'decodedSize' | 'frameCount'> {
  /** Name and version of the decoder: another one may give other pixels. */
  readonly decoder: string
}

/**
 * Layout of a cached file: header, table with an entry for each frame, CRC-32 of all before it, frames as RGB bytes. An entry is the CRC-32 of
 * the frame. In a compressed file, that of its bytes in the file follows their number, which is that of a frame if it is stored as it is.
 */
export interface Layout {
  /** Magic bytes, length of the description, and the description: the key as JSON. */
  readonly header: Buffer
  readonly isCompressed: boolean
  readonly entryBytes: number
  readonly width: number
  readonly bytesPerFrame: number
  /** Position of the checksum of the header and the table. */
  readonly headSumAt: number
  readonly framesAt: number
  /** Of a compressed file, the most. */
  readonly sizeBytes: number
}

const magic = 'MVDFRAME'
const version = 1
export const sumBytes = 4
const lengthBytes = 4

export function layoutOf(
  { digest, decodedSize: { width, height }, frameCount, decoder }: CacheKey,
  isCompressed: boolean,
): Layout {
  const packing = isCompressed ? { packing: 'zstd' } : {}
  const description = Buffer.from(JSON.stringify({ version, digest, width, height, frameCount, decoder, ...packing }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(description.length)
  const header = Buffer.concat([Buffer.from(magic, 'latin1'), length, description])
  const entryBytes = isCompressed ? lengthBytes + sumBytes : sumBytes
  const headSumAt = header.length + entryBytes * frameCount
  const bytesPerFrame = width * height * 3
  const framesAt = headSumAt + sumBytes
  const sizeBytes = framesAt + bytesPerFrame * frameCount
  return { header, isCompressed, entryBytes, width, bytesPerFrame, headSumAt, framesAt, sizeBytes }
}

/** Bytes of the cached file of a video; the most of a compressed one. */
export const cachedBytes = (key: CacheKey): number => layoutOf(key, true).sizeBytes

export interface Head {
  readonly head: Buffer
  readonly layout: Layout
}

/** Header and table of a file; undefined unless the header is that of the layout. */
export function readHead(descriptor: number, layout: Layout): Head | undefined {
  const { header, framesAt } = layout
  const head = Buffer.allocUnsafe(framesAt)
  const isWhole = readSync(descriptor, head, 0, framesAt, 0) === framesAt
  return isWhole && head.subarray(0, header.length).equals(header) ? { head, layout } : undefined
}

/** Where a frame is in its file, and the checksum of its bytes there. */
export interface Place {
  readonly at: number
  readonly bytes: number
  readonly sum: number
}

/** The places of all frames, by the table of a file, and where the file ends. */
export function placesOf(
  { head, layout: { header, isCompressed, entryBytes, bytesPerFrame, framesAt } }: Head,
  frameCount: number,
): { readonly of: (index: number) => Place; readonly end: number } {
  const entry = (index: number) => header.length + entryBytes * index
  if (!isCompressed)
    return {
      of: (index) => ({
        at: framesAt + bytesPerFrame * index,
        bytes: bytesPerFrame,
        sum: head.readUInt32LE(entry(index)),
      }),
      end: framesAt + bytesPerFrame * frameCount,
    }
  const starts = new Float64Array(frameCount + 1).fill(framesAt)
  for (let index = 0; index < frameCount; index++)
    starts[index + 1] = (starts[index] ?? 0) + head.readUInt32LE(entry(index))
  return {
    of: (index) => ({
      at: starts[index] ?? 0,
      bytes: head.readUInt32LE(entry(index)),
      sum: head.readUInt32LE(entry(index) + lengthBytes),
    }),
    end: starts[frameCount] ?? 0,
  }
}
