import { join } from 'node:path'
import type { Video } from '#contract/domain/dataset.ts'
import { applyOperations } from './augment/apply.ts'
import type { ClipOperation } from './augment/operation.ts'
import { decodedSize, type Box, type Size } from './geometry.ts'
import { cropAndResize, type FrameStack, type Resample } from './resize.ts'

/** A video file at the size at which its frames are decoded. */
export interface DecodedVideo {
  /** Absolute path. */
  readonly file: string
  /** Digest and number of frames at the time of the import: the key of cached frames, and how a changed file is noticed. */
  readonly digest: string
  readonly frameCount: number
  readonly decodedSize: Size
}

/** How a clip is cut from a video. Plain data, because worker processes carry it out. */
export interface ClipPlan extends DecodedVideo {
  /** In any order and with repeats. */
  readonly frameIndices: readonly number[]
  /** In pixels of `decodedSize`. */
  readonly crop: Box
  readonly flip: boolean
  /** Applied to whole frames before they are cropped. */
  readonly operations?: readonly ClipOperation[]
  /** Sides of the squares to which the crop is resized, one result each. */
  readonly sizes: readonly number[]
  readonly resample: Resample
}

/** RGB [frames, size, size, 3] in 0..255: bytes, or floats with `resample: 'bilinear'`. */
export type ClipPixels = Uint8Array | Float32Array

/** Reads clips from video files. */
export interface ClipReader {
  /**
   * Returns the clip at each of its sizes.
   * @throws StudioError `video-unreadable` if the file cannot be decoded or has changed since the import.
   */
  read(plan: ClipPlan): Promise<ClipPixels[]>
}

/** The video of a dataset in `root`, decoded with a short side of at most `shortSide` pixels. */
export function decodedVideo(root: string, video: Video, shortSide: number): DecodedVideo {
  return {
    file: join(root, video.path),
    digest: video.digest,
    frameCount: video.frameCount,
    decodedSize: decodedSize(video, shortSide),
  }
}

/** Augments, crops and resizes the decoded frames of a clip: one result for each size of the plan. */
export function cutClip(
  frames: FrameStack,
  { operations = [], crop, sizes, flip, resample }: Omit<ClipPlan, keyof DecodedVideo>,
): ClipPixels[] {
  const augmented = applyOperations(frames, operations)
  return sizes.map((size) => cropAndResize(augmented, crop, size, flip, resample))
}
