/** Patches of a frame that a tube mask hides: floor(ratio x patches), as in VideoMAE. */
export const maskedTubes = (ratio: number, patches: number): number => Math.floor(ratio * patches)

/** Patches of an image that a random mask hides: patches - floor(patches x (1 - ratio)), as in MAE. */
export const maskedPatches = (ratio: number, patches: number): number => patches - Math.floor(patches * (1 - ratio))

/** Of the `masked` patches that a tube mask hides in a frame, those that the decoder predicts; at least one. */
export const decodedTubes = (decoderMaskRatio: number, masked: number): number =>
  Math.max(1, Math.round((1 - decoderMaskRatio) * masked))

/** Effective batch size: samples of one optimizer step. */
export const samplesPerStep = ({
  batchSize,
  accumulationSteps,
}: {
  readonly batchSize: number
  readonly accumulationSteps: number
}): number => batchSize * accumulationSteps

/** Whether an epoch of so many videos has the samples of an optimizer step. */
export const hasWholeStep = (
  stage: Parameters<typeof samplesPerStep>[0] & { readonly samplesPerVideo: number },
  videos: number,
): boolean => samplesPerStep(stage) <= videos * stage.samplesPerVideo
