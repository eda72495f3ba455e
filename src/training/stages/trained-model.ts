import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { misfitOf, type ModelUse } from '#contract/domain/fit.ts'
import type { ModelLayout } from '#contract/domain/model.ts'
import type { ClipPositions } from '../model/video-autoencoder.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type { TrainedModel } from './stage.ts'

/** The tensors of an encoder under names without a prefix; VideoMAE names its own `encoder.`. */
export function encoderOf(layout: ModelLayout, parameters: NamedHostTensors): NamedHostTensors {
  if (layout !== 'videomae') return parameters
  const prefix = 'encoder.'
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  )
}

/** @throws StudioError `configuration-invalid`, naming the model and the setting to change, where it cannot be used with such clips. */
export function requireFit(use: ModelUse, { origin, model }: TrainedModel, clip: ClipConfiguration): void {
  const misfit = misfitOf(use, model, clip)
  if (misfit !== undefined) throw new StudioError('configuration-invalid', `${origin} ${misfit.problem}.`, misfit.hint)
}

/** The position table that a model of clips was trained with: VideoMAE's is flat, MVD's has three axes. */
export const clipPositionsOf = ({ model }: TrainedModel): ClipPositions =>
  model.family === 'videomae' ? 'flat' : 'space-time'
