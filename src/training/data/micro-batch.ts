/** How the samples of an optimizer step are divided into micro-batches. */
export interface StepShape {
  readonly batchSize: number
  readonly accumulationSteps: number
  readonly samplesPerVideo: number
}

/**
 * Positions, among all samples of an optimizer step, of the samples of one of its micro-batches. In a step, the samples of
 * a video follow each other. Random draws are keyed by this position, so a step does not depend on its division into
 * micro-batches. If the numbers allow it, the samples of a video go to different micro-batches, because mixup blends within
 * one.
 */
export function positionsInStep(
  { batchSize, accumulationSteps, samplesPerVideo }: StepShape,
  microBatch: number,
): Int32Array {
  const isSpread = accumulationSteps % samplesPerVideo === 0
  const first = isSpread
    ? Math.floor(microBatch / samplesPerVideo) * batchSize * samplesPerVideo + (microBatch % samplesPerVideo)
    : microBatch * batchSize
  const stride = isSpread ? samplesPerVideo : 1
  return Int32Array.from({ length: batchSize }, (_, index) => first + index * stride)
}
