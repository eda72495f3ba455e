import { type DistillConfiguration, predictsPixels } from '#contract/stages/distill.ts'
import { floatSpec } from '../data/batch-tensors.ts'
import type { Weights } from '../model/parameters.ts'
import { type ClipGeometry, cubes, gatherTokens } from '../model/patches.ts'
import type { StudentConfig } from '../model/student.ts'
import { videoPixelTargets } from '../objective/pixel-targets.ts'
import type { NamedSpecs, TensorSpec } from '../tensor/host-tensor.ts'
import type { Tensor, Tensor3D } from '../tensor/tf.ts'

/** The teachers' features at masked tokens [B, Nm]: [B, Nm, Dt]. */
export function targetSpecs(
  { imageTargetWidth, videoTargetWidth }: StudentConfig,
  configuration: DistillConfiguration,
  masked: TensorSpec,
): NamedSpecs {
  return {
    ...(imageTargetWidth === undefined ? {} : { imageTarget: floatSpec([...masked.shape, imageTargetWidth]) }),
    ...(videoTargetWidth === undefined || predictsPixels(configuration)
      ? {}
      : { videoTarget: floatSpec([...masked.shape, videoTargetWidth]) }),
  }
}

/** Normalised pixels of the masked cubes, as VideoMAE predicts them: `video` [B, 3, T, S, S] and `masked` [B, Nm] of the inputs -> [B, Nm, cube]. */
export const hiddenPixels = (geometry: ClipGeometry, input: Weights): Tensor3D =>
  videoPixelTargets(gatherTokens(cubes(input('video'), geometry), input('masked')) as Tensor, true)
