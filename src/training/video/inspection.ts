import type { Size } from './geometry.ts'

/** What a decoder found in a file by decoding all of it. */
export interface Inspection extends Size {
  readonly frames: number
  readonly framesPerSecond: number
  readonly durationMs: number
  readonly codec: string
  /** Pieces of the video stream in the file, and how many of them after the first picture could not be decoded. */
  readonly packets: number
  readonly refused: number
  /** Seconds of content found in the file, and seconds that its header announces; equal where none are announced. */
  readonly reachedSeconds: number
  readonly announcedSeconds: number
}

/** Receives one RGB frame [height, width, 3] of `size` and its number, counted from the first frame of the file. */
export type FrameVisitor = (pixels: Uint8Array, index: number) => void

/** Reads video files. Both functions throw `UnreadableVideo` when the file is at fault. */
export interface Decoder {
  /** e.g. `node-av 6.1.1`. */
  readonly description: string
  inspect(file: string): Promise<Inspection>
  /**
   * Decodes from the start, because seeking is not exact in every format, turns pictures as the file says and scales
   * them to `size`. Visits the frames of `indices` (ascending, each once) that exist, or all of them.
   */
  decode(file: string, size: Size, indices: readonly number[] | 'all', visit: FrameVisitor): Promise<void>
}

/** Formats whose header tells the duration; in the others it is an estimate from the size of the file. */
export function announcesDuration(formatNames: string): boolean {
  return /\b(mov|mp4|matroska|webm|avi|asf|flv)\b/.test(formatNames)
}
