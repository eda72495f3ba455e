import { decodedTubes, maskedPatches, maskedTubes } from '#contract/configuration/counts.ts'
import { indexSpec } from '../data/batch-tensors.ts'
import { type ClipGeometry, gridOf } from '../model/patches.ts'
import type { TensorSpec } from '../tensor/host-tensor.ts'

export interface MaskSpecs {
  /** int32 [B, Nv] */
  readonly visible: TensorSpec
  /** int32 [B, Nm] */
  readonly masked: TensorSpec
  readonly [name: string]: TensorSpec
}

/**
 * Index inputs of a tube mask: every sample has the same count, so shapes are static. With decoder masking `masked` holds
 * the hidden tokens that are predicted.
 */
export function tubeMaskSpecs(batch: number, geometry: ClipGeometry, ratio: number, decoderMaskRatio = 0): MaskSpecs {
  const [time, rows, columns] = gridOf(geometry)
  const masked = maskedTubes(ratio, rows * columns)
  return {
    visible: indexSpec([batch, time * (rows * columns - masked)]),
    masked: indexSpec([batch, time * decodedTubes(decoderMaskRatio, masked)]),
  }
}

/** Index inputs of MAE's random mask over one frame. */
export function patchMaskSpecs(
  batch: number,
  { imageSize, patchSize }: Pick<ClipGeometry, 'imageSize' | 'patchSize'>,
  ratio: number,
): MaskSpecs {
  const tokens = (imageSize / patchSize) ** 2
  const masked = maskedPatches(ratio, tokens)
  return { visible: indexSpec([batch, tokens - masked]), masked: indexSpec([batch, masked]) }
}
