import type { ClipConfiguration } from '../configuration/clip.ts'
import type { ReportProblem } from './definition.ts'

export const divides = (divisor: number, value: number): boolean => value % divisor === 0

/** The divisor of `value` nearest to `wanted`. */
export function nearestDivisor(value: number, wanted: number): number {
  let best = 1
  for (let candidate = 1; candidate <= value; candidate++) {
    if (divides(candidate, value) && Math.abs(candidate - wanted) < Math.abs(best - wanted)) best = candidate
  }
  return best
}

/** Patches along a side of the clip; undefined if patches do not divide it, which is reported at the clip. */
export const clipGrid = ({ imageSize, patchSize }: ClipConfiguration): number | undefined =>
  divides(patchSize, imageSize) ? imageSize / patchSize : undefined

/** Width and heads of an encoder. */
export function checkEncoder({ width, heads }: { width: number; heads: number }, problem: ReportProblem): void {
  checkStack(['width', width], ['heads', heads], problem)
}

/** Width and heads of a decoder. */
export function checkDecoder(
  { decoderWidth, decoderHeads }: { decoderWidth: number; decoderHeads: number },
  problem: ReportProblem,
): void {
  checkStack(['decoderWidth', decoderWidth], ['decoderHeads', decoderHeads], problem)
}

function checkStack(
  [widthField, width]: [string, number],
  [headsField, heads]: [string, number],
  problem: ReportProblem,
): void {
  if (!divides(16, width))
    problem(
      widthField,
      `The width ${width} is not a multiple of 16, which the position tables need. Try ${Math.max(16, Math.round(width / 16) * 16)}.`,
    )
  if (!divides(heads, width))
    problem(headsField, `${heads} heads do not divide the width ${width}. Try ${nearestDivisor(width, heads)}.`)
}

/** Warm-up and learning rates of a schedule. */
export function checkSchedule(
  schedule: { epochs: number; warmupEpochs: number; learningRate: number; minLearningRate: number },
  problem: ReportProblem,
): void {
  const { epochs, warmupEpochs, learningRate, minLearningRate } = schedule
  if (warmupEpochs > epochs)
    problem('warmupEpochs', `The warm-up of ${warmupEpochs} epochs is longer than the ${epochs} epochs of the stage.`)
  if (minLearningRate > learningRate)
    problem('minLearningRate', `The final learning rate ${minLearningRate} is above the peak ${learningRate}.`)
}

/** A mask must hide at least one patch of a frame and leave at least one visible. */
export function checkMask(masked: number, patches: number, problem: ReportProblem): void {
  if (masked < 1)
    problem(
      'maskRatio',
      `This ratio masks none of the ${patches} patches of a frame. Raise it to at least ${(1 / patches).toFixed(3)}.`,
    )
  if (masked >= patches)
    problem('maskRatio', `This ratio masks all ${patches} patches of a frame. At least one must stay visible.`)
}
