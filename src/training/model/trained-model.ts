import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { misfitOf, type ModelUse, teacherCrop } from '#contract/domain/fit.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { type FrozenEncoder, layouts } from './layouts.ts'

/** A model with its weights in memory, under their published names. */
export interface TrainedModel {
  /** Id of the checkpoint or name of the imported model, for messages. */
  readonly origin: string
  readonly model: ModelDescription
  readonly parameters: NamedHostTensors
  readonly classes: readonly string[] | null
  /** Videos of each class on which it was fine-tuned; undefined if unknown. */
  readonly trainingVideos?: readonly number[] | undefined
  readonly licenceNotes: readonly string[]
}

/** @throws StudioError `configuration-invalid`, naming the model and the setting to change, if it cannot be used with such clips. */
export function requireFit(
  use: ModelUse,
  { origin, model }: Pick<TrainedModel, 'origin' | 'model'>,
  clip: ClipConfiguration,
): void {
  const misfit = misfitOf(use, model, clip)
  if (misfit !== undefined) throw new StudioError('configuration-invalid', `${origin} ${misfit.problem}.`, misfit.hint)
}

/**
 * The encoder of a model for such clips, at the crop for which it has one token for each token of the student.
 * @throws StudioError `configuration-invalid` if the tokens cannot match, `checkpoint-invalid` if a tensor is missing.
 */
export function frozenEncoder(
  trained: Pick<TrainedModel, 'origin' | 'model' | 'parameters'>,
  clip: ClipConfiguration,
): FrozenEncoder {
  requireFit('teach', trained, clip)
  const { origin, model, parameters } = trained
  const { frames, tubeletSize } = clip
  const geometry = { frames, tubeletSize, imageSize: teacherCrop(model, clip), patchSize: model.sizes.patchSize }
  return layouts[model.layout].openEncoder(model, parameters, geometry, origin)
}
