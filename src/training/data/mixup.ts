import type { Draws } from './random.ts'

/** Strengths of the two blends, each the parameter of a symmetric beta distribution; 0 turns one off. */
export interface MixSettings {
  readonly mixup: number
  readonly cutmix: number
}

/** Shape of a batch of clips [batch, 3, frames, size, size]. */
export interface ClipBatchShape {
  readonly batch: number
  readonly frames: number
  readonly size: number
}

/** Class probabilities [batch, classes]: 1 - smoothing on the true class, and smoothing / classes on every class. */
export function smoothTargets(labels: Int32Array, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes)
  labels.forEach((label, sample) => {
    targets[sample * classes + label] = 1 - smoothing + smoothing / classes
  })
  return targets
}

/**
 * Blends each clip with its mirror image in the batch (sample b with batch-1-b), in place, and their targets alike; one
 * weight for the whole batch. Mixup (Zhang et al. 2018) adds pixels; CutMix (Yun et al. 2019) copies one box of height x
 * width through all frames, and its weight is corrected to the area that was kept. Where both are on, each takes half of
 * the batches. Returns the share of a sample that is its own.
 */
export function mixBatch(draws: Draws, video: Float32Array, shape: ClipBatchShape, targets: Float32Array, settings: MixSettings): number {
  if (settings.mixup <= 0 && settings.cutmix <= 0) return 1
  const isCut = settings.mixup <= 0 || (settings.cutmix > 0 && draws.uniform() < 0.5)
  const alpha = isCut ? settings.cutmix : settings.mixup
  const drawn = draws.beta(alpha, alpha)
  const kept = isCut ? cutMix(draws, video, shape, drawn) : (blend(video, shape.batch, drawn), drawn)
  blend(targets, shape.batch, kept)
  return kept
}

/** Replaces rows a, b of each mirrored pair by kept * a + (1 - kept) * b and kept * b + (1 - kept) * a. */
function blend(values: Float32Array, batch: number, kept: number): void {
  const row = values.length / batch
  for (let first = 0; first < Math.floor(batch / 2); first++) {
    const [a, b] = [first * row, (batch - 1 - first) * row]
    for (let i = 0; i < row; i++) {
      const [x, y] = [values[a + i] ?? 0, values[b + i] ?? 0]
      values[a + i] = kept * x + (1 - kept) * y
      values[b + i] = kept * y + (1 - kept) * x
    }
  }
}

/** Exchanges a box between the clips of each mirrored pair. */
function cutMix(draws: Draws, video: Float32Array, { batch, frames, size }: ClipBatchShape, drawn: number): number {
  const half = Math.floor(size * Math.sqrt(1 - drawn)) / 2
  const span = (centre: number) => [Math.max(0, Math.floor(centre - half)), Math.min(size, Math.floor(centre + half))] as const
  const [top, bottom] = span(draws.integer(size))
  const [left, right] = span(draws.integer(size))
  const planes = 3 * frames
  for (let first = 0; first < Math.floor(batch / 2); first++) {
    for (let plane = 0; plane < planes; plane++) {
      for (let y = top; y < bottom; y++) {
        const a = ((first * planes + plane) * size + y) * size
        const b = (((batch - 1 - first) * planes + plane) * size + y) * size
        const own = video.slice(a + left, a + right)
        video.copyWithin(a + left, b + left, b + right)
        video.set(own, b + left)
      }
    }
  }
  return 1 - ((bottom - top) * (right - left)) / (size * size)
}
