import type { Draws } from './random.ts'

export interface MixSettings {
  /** Strengths, each the parameter of a symmetric beta distribution; 0 turns mixup or CutMix off. */
  readonly mixup: number
  readonly cutmix: number
  /** Probability that a batch is blended at all. */
  readonly mixProbability: number
  /** Probability of CutMix if both are on. */
  readonly cutmixShare: number
  /** Whether CutMix cuts the axes that the published code of MVD cuts. */
  readonly publishedCutmix: boolean
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
 * Blends each clip and its target with those of its mirror image in the batch (sample b with batch-1-b), in place; one weight
 * for the whole batch. Mixup (Zhang et al. 2018) adds pixels; CutMix (Yun et al. 2019) exchanges one box of
 * height x width in all frames, and its weight is corrected to the area that was kept. Returns the share of a sample's own
 * target in its blended target.
 */
export function mixBatch(
  draws: Draws,
  video: Float32Array,
  shape: ClipBatchShape,
  targets: Float32Array,
  settings: MixSettings,
): number {
  if (settings.mixup <= 0 && settings.cutmix <= 0) return 1
  if (draws.uniform() >= settings.mixProbability) return 1
  const isCut = settings.mixup <= 0 || (settings.cutmix > 0 && draws.uniform() < settings.cutmixShare)
  const alpha = isCut ? settings.cutmix : settings.mixup
  const drawn = draws.beta(alpha, alpha)
  const kept = isCut
    ? cutMix(draws, video, shape, drawn, settings.publishedCutmix)
    : (blend(video, shape.batch, drawn), drawn)
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

/**
 * Exchanges a box of height x width between the clips of each mirrored pair. The published code
 * uses rows and columns as frames and rows (timm's batch mode on clips of five dimensions), and computes the weight from the
 * box as drawn.
 */
function cutMix(
  draws: Draws,
  video: Float32Array,
  { batch, frames, size }: ClipBatchShape,
  drawn: number,
  isPublished: boolean,
): number {
  const half = Math.floor(size * Math.sqrt(1 - drawn)) / 2
  const span = (centre: number): Span => [
    Math.max(0, Math.floor(centre - half)),
    Math.min(size, Math.floor(centre + half)),
  ]
  const rows = span(draws.integer(size))
  const columns = span(draws.integer(size))
  const box: ClipBox = isPublished
    ? { frames: rows, rows: columns, columns: [0, size] }
    : { frames: [0, frames], rows, columns }
  for (let first = 0; first < Math.floor(batch / 2); first++)
    exchange(video, first, batch - 1 - first, box, { frames, size })
  return 1 - ((rows[1] - rows[0]) * (columns[1] - columns[0])) / (size * size)
}

type Span = readonly [start: number, end: number]
interface ClipBox {
  readonly frames: Span
  readonly rows: Span
  readonly columns: Span
}

function exchange(
  video: Float32Array,
  one: number,
  other: number,
  box: ClipBox,
  { frames, size }: Pick<ClipBatchShape, 'frames' | 'size'>,
): void {
  const [left, right] = box.columns
  for (let channel = 0; channel < 3; channel++) {
    for (let frame = box.frames[0]; frame < Math.min(frames, box.frames[1]); frame++) {
      for (let row = box.rows[0]; row < box.rows[1]; row++) {
        const rowOf = (sample: number) => (((sample * 3 + channel) * frames + frame) * size + row) * size
        const [a, b] = [rowOf(one), rowOf(other)]
        const own = video.slice(a + left, a + right)
        video.copyWithin(a + left, b + left, b + right)
        video.set(own, b + left)
      }
    }
  }
}
