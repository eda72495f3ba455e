import { StudioError } from '#contract/api/errors.ts'
import { formatBytes } from '#contract/format.ts'

/** All tokens of labelled videos: `videos` [N] of [tokenCount, width] in row-major order, `labels` [N] as class indices. */
export interface LabelledTokens {
  readonly tokenCount: number
  readonly width: number
  readonly videos: readonly Float32Array[]
  readonly labels: Int32Array
}

/** Share of the available memory that tokens may take; the rest is for the encoder, the decoder and batches. */
const shareOfMemory = 0.5

/** @throws StudioError `out-of-memory`, with both sizes, if the tokens of so many videos do not fit into the memory. */
export function requireRoomForTokens(
  videos: number,
  { tokenCount, width }: Pick<LabelledTokens, 'tokenCount' | 'width'>,
  availableBytes: number = process.availableMemory(),
): void {
  const needed = videos * tokenCount * width * Float32Array.BYTES_PER_ELEMENT
  if (needed <= shareOfMemory * availableBytes) return
  throw new StudioError(
    'out-of-memory',
    `The attentive probe keeps all tokens of ${videos} videos, ${formatBytes(needed)} (${tokenCount} tokens of width ${width} each), but only half of the available ${formatBytes(availableBytes)} of memory may hold them.`,
    'Use --method knn,linear, which keep one mean per video, or a label set with fewer videos.',
  )
}

/** Writes standardised tokens of one video into `target` from `offset`. */
export type TokenStandardiser = (tokens: Float32Array, target: Float32Array, offset: number) => void

/** A deviation below this share of the mean is rounding of float32, not information. */
const smallestDeviation = 1e-6

/** Mean and standard deviation of each channel over all tokens of all training videos. A constant channel becomes 0. */
export function tokenStandardiser({ videos, tokenCount, width }: LabelledTokens): TokenStandardiser {
  const count = videos.length * tokenCount
  const mean = new Float64Array(width)
  const variance = new Float64Array(width)
  for (const tokens of videos)
    for (let i = 0; i < tokens.length;) for (let c = 0; c < width; c++, i++) mean[c] = (mean[c] ?? 0) + (tokens[i] ?? 0)
  for (let c = 0; c < width; c++) mean[c] = (mean[c] ?? 0) / count
  for (const tokens of videos)
    for (let i = 0; i < tokens.length;)
      for (let c = 0; c < width; c++, i++) variance[c] = (variance[c] ?? 0) + ((tokens[i] ?? 0) - (mean[c] ?? 0)) ** 2
  const scale = variance.map((sum, c) => {
    const deviation = Math.sqrt(sum / count)
    return deviation <= smallestDeviation * Math.abs(mean[c] ?? 0) ? 0 : 1 / deviation
  })
  return (tokens, target, offset) => {
    for (let i = 0; i < tokens.length;)
      for (let c = 0; c < width; c++, i++) target[offset + i] = ((tokens[i] ?? 0) - (mean[c] ?? 0)) * (scale[c] ?? 0)
  }
}

/**
 * Factor [width] for each channel of a weighted mean of standardised tokens: one over the deviation of the plain means of the training
 * videos, as the linear probe standardises them. Deviations below that of independent tokens count as that one, so a mean that carries nothing is
 * not blown up.
 */
export function scaleOfMeans(
  { videos, tokenCount, width }: LabelledTokens,
  standardise: TokenStandardiser,
): Float32Array {
  const squares = new Float64Array(width)
  const standardised = new Float32Array(tokenCount * width)
  const mean = new Float64Array(width)
  for (const tokens of videos) {
    standardise(tokens, standardised, 0)
    mean.fill(0)
    for (let i = 0; i < standardised.length;)
      for (let c = 0; c < width; c++, i++) mean[c] = (mean[c] ?? 0) + (standardised[i] ?? 0) / tokenCount
    // Over all videos the means of standardised tokens are 0.
    for (let c = 0; c < width; c++) squares[c] = (squares[c] ?? 0) + (mean[c] ?? 0) ** 2 / videos.length
  }
  return Float32Array.from(squares, (square) => 1 / Math.sqrt(Math.max(square, 1 / tokenCount)))
}
