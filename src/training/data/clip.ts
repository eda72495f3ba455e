import { join } from 'node:path'
import type { Video } from '#contract/domain/dataset.ts'
import { applyOperations } from './augment/apply.ts'
import type { ClipOperation } from './augment/operation.ts'
import { type Erasing, eraseClip } from './erase.ts'
import { decodedSize, type Box, type Size } from './geometry.ts'
import { normalize } from './normalize.ts'
import { PixelMemory } from './pixel-memory.ts'
import { cropAndResize, cropToNormalized, type FrameStack, type Resample } from './resize.ts'

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
  /** Random erasing after all else, of clips with `resample: 'bilinear'`. */
  readonly erasing?: Erasing
}

/** Bytes: RGB [frames, size, size, 3] in 0..255. Floats, with `resample: 'bilinear'`: normalised [3, frames, size, size]. */
export type ClipPixels = Uint8Array | Float32Array

/** What decoder processes have done so far: clips, those of them that were not in the frame cache, and the time of the processes. */
export interface FeedingWork {
  readonly clips: number
  readonly decoded: number
  /** Time to read cached frames, which is part of `totalMs`. */
  readonly readMs: number
  readonly totalMs: number
}

/** Reads clips from video files. */
export interface ClipReader {
  /**
   * Returns the clip at each of its sizes.
   * @throws StudioError `video-unreadable` if the file cannot be decoded or has changed since the import.
   */
  read(plan: ClipPlan): Promise<ClipPixels[]>
  /** Uses the memory of a clip again, which nothing reads any more. Absent if it keeps none. */
  release?(pixels: readonly ClipPixels[]): void
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

type Cut = Omit<ClipPlan, keyof DecodedVideo>

/**
 * Augments, crops and resizes the decoded frames of a clip, and finishes it: one result for each size of the plan.
 * @param memory of the results
 */
export function cutClip(
  frames: FrameStack,
  plan: Omit<Cut, 'frameIndices'>,
  memory: PixelMemory = new PixelMemory(),
): ClipPixels[] {
  const { operations = [], crop, sizes, flip, resample } = plan
  const augmented = applyOperations(frames, operations)
  return sizes.map((size) => {
    if (resample !== 'bilinear') return cropAndResize(augmented, crop, size, flip, resample, memory)
    const clip = cropToNormalized(augmented, crop, size, flip, memory)
    if (plan.erasing !== undefined) eraseClip(clip, size, plan.erasing)
    return clip
  })
}

/** What `cutClip` does after resizing, for pixels from elsewhere: normalises floats [frames, size, size, 3] in 0..255 and erases a box; bytes stay as they are. */
export function finishClip(
  pixels: Uint8Array | Float32Array,
  size: number,
  { erasing }: Pick<ClipPlan, 'erasing'>,
): ClipPixels {
  if (pixels instanceof Uint8Array) return pixels
  const clip = new Float32Array(pixels.length)
  normalize(pixels, clip, 0)
  if (erasing !== undefined) eraseClip(clip, size, erasing)
  return clip
}
