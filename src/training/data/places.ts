/** How the samples of an optimizer step are dealt to its batches. */
export interface StepShape {
  readonly batchSize: number
  readonly accumulationSteps: number
  readonly samplesPerVideo: number
}

/**
 * The places of one of a step's batches among all samples of the step, where the samples of a video stand side by side.
 * Everything random is keyed by the place, so that a step is the same however it is cut. The samples of a video go to
 * different batches where that is even, because mixup blends within a batch.
 */
export function placesOf({ batchSize, accumulationSteps, samplesPerVideo }: StepShape, part: number): Int32Array {
  const isSpread = accumulationSteps % samplesPerVideo === 0
  const first = isSpread
    ? Math.floor(part / samplesPerVideo) * batchSize * samplesPerVideo + (part % samplesPerVideo)
    : part * batchSize
  const stride = isSpread ? samplesPerVideo : 1
  return Int32Array.from({ length: batchSize }, (_, at) => first + at * stride)
}
