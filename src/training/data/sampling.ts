import { type Sample, spanOf } from '#contract/domain/dataset.ts'
import { draws, type Draws } from './random.ts'

/** Number of frames of a clip, and the distance between neighbouring ones in the video. */
export interface ClipTiming {
  readonly frames: number
  readonly frameStride: number
}

/** Frame indices in the video of a sample, chosen among the frames of its span, which `choose` counts from 0. */
export function framesOf(sample: Pick<Sample, 'span' | 'video'>, choose: (frameCount: number) => number[]): number[] {
  const { firstFrame, frameCount } = spanOf(sample)
  return choose(frameCount).map((index) => firstFrame + index)
}

/**
 * Frame indices for pre-training: every stride-th frame from a uniform start in 0..frameCount-window, where the window is
 * frames * stride. A video shorter than the window starts at 0 and repeats its last reachable frame (docs/method.md, Clip sampling).
 */
export function pretrainingFrames(draws: Draws, frameCount: number, { frames, frameStride }: ClipTiming): number[] {
  const window = frames * frameStride
  const start = frameCount >= window ? draws.integer(frameCount - window + 1) : 0
  const reachable = Math.floor((frameCount - 1 - start) / frameStride)
  return Array.from({ length: frames }, (_, k) => start + Math.min(k, reachable) * frameStride)
}

/**
 * Frame indices for fine-tuning: `frames` points spread evenly over a window of frames * stride frames, both ends included,
 * so that the effective stride is window / (frames - 1). The end of the window is uniform in window..frameCount-1
 * (docs/method.md, Clip sampling). A video no longer than the window starts at 0 and repeats its last frame.
 */
export function finetuningFrames(draws: Draws, frameCount: number, { frames, frameStride }: ClipTiming): number[] {
  const window = frames * frameStride
  const start = frameCount > window ? draws.integer(frameCount - window) : 0
  const last = Math.min(start + window, frameCount) - 1
  return Array.from({ length: frames }, (_, k) =>
    Math.min(start + Math.floor((k * window) / Math.max(1, frames - 1)), last),
  )
}

/**
 * Frame indices of one of `views` test clips: every stride-th frame of the whole video, padded by repeating the last one to a
 * full clip, and windows that begin at floor(view * spare / (views - 1)); a single view takes the middle (docs/method.md, Clip sampling).
 */
export function viewFrames(
  frameCount: number,
  { frames, frameStride }: ClipTiming,
  view: number,
  views: number,
): number[] {
  const taken = Math.ceil(frameCount / frameStride)
  const spare = Math.max(0, taken - frames)
  const start = Math.floor(views === 1 ? spare / 2 : (view * spare) / (views - 1))
  return Array.from({ length: frames }, (_, k) => Math.min(start + k, taken - 1) * frameStride)
}

/**
 * Frame indices for fine-tuning by segments (TSN, Wang et al. 2016; docs/method.md, Clip sampling): one frame of each of `frames` equal
 * segments of the video, uniform between its ends, both included.
 */
export function segmentFrames(draws: Draws, frameCount: number, frames: number): number[] {
  return segments(frameCount, frames).map(([start, end]) => start + draws.integer(end - start + 1))
}

/** Frame indices of one of `views` test clips by segments: the middles of frames * views segments; a view uses every views-th. */
export function segmentViewFrames(frameCount: number, frames: number, view: number, views: number): number[] {
  return segments(frameCount, frames * views).flatMap(([start, end], index) =>
    index % views === view ? [Math.floor((start + end) / 2)] : [],
  )
}

/** First and last frame of each of `count` equal segments; neighbours share a frame. */
function segments(frameCount: number, count: number): [first: number, last: number][] {
  const length = (frameCount - 1) / count
  return Array.from({ length: count }, (_, index) => [
    roundHalfToEven(index * length),
    roundHalfToEven((index + 1) * length),
  ])
}

/** Rounds like NumPy, which the published sampling uses. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value)
  return value - below === 0.5 ? below + (below % 2) : Math.round(value)
}

/** Optimizer steps in one epoch of `samples` samples of a dataset; the last partial step is dropped. */
export function stepsPerEpoch(samples: number, samplesPerVideo: number, samplesPerStep: number): number {
  return Math.floor((samples * samplesPerVideo) / samplesPerStep)
}

/** Order in which an epoch visits `count` samples. */
export function epochOrder(seed: number, epoch: number, count: number): Int32Array {
  return draws(seed, 'epoch-order', epoch).permutation(count)
}
