import { classOf, type Sample } from '#contract/domain/dataset.ts'
import type { BatchClip } from '#contract/domain/divergence.ts'
import type { ClipPlan } from '../clip.ts'
import type { PlannedClip } from '../load-clips.ts'

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

/** The array of a stacked batch for one of the sizes of its plans, counted from 0. */
export function stackOf(stacks: readonly Float32Array[], size: number): Float32Array {
  const stack = stacks[size]
  if (stack === undefined) throw new RangeError(`The clips of the batch have no size ${size}.`)
  return stack
}

/** Class indices [length] of the clips in a label set; 0 after the last clip. */
export function labelsOf(clips: readonly PlannedClip[], labelSet: string, length: number): Int32Array {
  const labels = new Int32Array(length)
  clips.forEach(({ sample }, index) => {
    labels[index] = classOf(sample, labelSet) ?? 0
  })
  return labels
}
