import { classOf, type Sample } from '#contract/domain/dataset.ts'
import type { BatchClip } from '#contract/domain/divergence.ts'
import type { ClipPlan } from '../clip.ts'
import type { LoadedClip } from '../load-clips.ts'
import { normalize } from '../normalize.ts'
import type { PixelMemory } from '../pixel-memory.ts'

/**
 * `video` [B, 3, T, S, S]; `imageVideo` [B, 3, T, S', S'] is the same crop at the image teacher's size (the same array if
 * the sizes are equal).
 */
export interface ClipBatch {
  readonly video: Float32Array
  readonly imageVideo: Float32Array
  readonly samples: readonly Sample[]
  /** How each clip was cut from its video. */
  readonly plans: readonly ClipPlan[]
  /** The videos and their frames. */
  readonly clips: readonly BatchClip[]
}

/** `image` [B, 3, S, S]. */
export interface ImageBatch {
  readonly image: Float32Array
  readonly samples: readonly Sample[]
  /** The videos and their frames. */
  readonly clips: readonly BatchClip[]
}

/** `video` [B, 3, T, S, S], `labels` [B]. */
export interface LabelledBatch {
  readonly video: Float32Array
  readonly labels: Int32Array
  readonly samples: readonly Sample[]
  /** The videos and their frames. */
  readonly clips: readonly BatchClip[]
}

/** Normalised pixels of all clips at one of their sizes: [B, 3, T, S, S]. */
export function stackClips(clips: readonly LoadedClip[], size: number, memory: PixelMemory): Float32Array {
  const stacked = memory.take(clips.reduce((sum, { pixels }) => sum + (pixels[size]?.length ?? 0), 0))
  writeClips(stacked, clips, size)
  return stacked
}

/** Writes the normalised pixels of one clip after the other into `out`. */
export function writeClips(out: Float32Array, clips: readonly LoadedClip[], size: number): void {
  let offset = 0
  for (const { pixels } of clips) {
    const own = pixels[size]
    if (own === undefined) continue
    if (own instanceof Uint8Array) normalize(own, out, offset)
    else out.set(own, offset)
    offset += own.length
  }
}

/** Class indices [length] of the clips in a label set; 0 after the last clip. */
export function labelsOf(clips: readonly LoadedClip[], labelSet: string, length: number): Int32Array {
  const labels = new Int32Array(length)
  clips.forEach(({ sample }, index) => {
    labels[index] = classOf(sample, labelSet) ?? 0
  })
  return labels
}
