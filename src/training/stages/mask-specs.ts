import { maskedPatches, maskedTubes } from '#contract/configuration/rules.ts'
import type { TensorSpec } from '../engine/engine.ts'
import { type ClipGeometry, gridOf } from '../model/patches.ts'
import { indexSpec } from './tensors.ts'

export interface MaskSpecs {
  /** int32 [B, Nv] */
  readonly visible: TensorSpec
  /** int32 [B, Nm] */
  readonly masked: TensorSpec
  readonly [name: string]: TensorSpec
}

/** Index inputs of a tube mask: every sample has the same count, so shapes are static. */
export function tubeMaskSpecs(batch: number, geometry: ClipGeometry, ratio: number): MaskSpecs {
  const [time, rows, columns] = gridOf(geometry)
  return specs(batch, time * rows * columns, time * maskedTubes(ratio, rows * columns))
}

/** Index inputs of MAE's random mask over one frame. */
export function patchMaskSpecs(batch: number, { imageSize, patchSize }: Pick<ClipGeometry, 'imageSize' | 'patchSize'>, ratio: number): MaskSpecs {
  const tokens = (imageSize / patchSize) ** 2
  return specs(batch, tokens, maskedPatches(ratio, tokens))
}

const specs = (batch: number, tokens: number, masked: number): MaskSpecs => ({ visible: indexSpec([batch, tokens - masked]), masked: indexSpec([batch, masked]) })
