import type { ErrorReport } from '#contract/api/errors.ts'
import type { ClipOperation } from '../data/augment/operation.ts'
import type { Resample } from '../data/resize.ts'
import type { Box, Size } from './geometry.ts'

/** A clip wanted from a worker process. */
export interface ClipJob {
  readonly file: string
  /** Frames in the file, as counted by the probe. */
  readonly frameCount: number
  /** Size at which the file is decoded; the box is in its pixels. */
  readonly decoded: Size
  /** Frame numbers, in any order and with repeats. */
  readonly frames: readonly number[]
  readonly box: Box
  readonly flip: boolean
  /** Done to whole frames before the box is cut out. */
  readonly operations?: readonly ClipOperation[]
  readonly sizes: readonly number[]
  readonly resample: Resample
  /** File of the frame store to read from, and whether to write it where it is missing. */
  readonly store: { readonly path: string; readonly mayWrite: boolean }
}

export type JobMessage = { readonly id: number; readonly job: ClipJob }

/** RGB pixels [frames, size, size, 3] in 0..255, one array for each size asked for. */
export type ClipPixels = Uint8Array | Float32Array

export type ReplyMessage =
  | { readonly id: number; readonly pixels: ClipPixels[] }
  | { readonly id: number; readonly error: ErrorReport }
