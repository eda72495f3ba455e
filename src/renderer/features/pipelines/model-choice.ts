import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { clipConfiguration } from '#contract/configuration/clip.ts'
import { misfitOf, type ModelUse } from '#contract/domain/fit.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { Stage } from '#contract/stages/stage.ts'
import type { KnownModel } from '../../api/models-store.ts'
import type { DraftConfiguration } from './draft.ts'

/** A place in the chain that a model from elsewhere can take. */
export interface ModelPlace {
  role: InputRole
  use: ModelUse
  /** What the choice is called. */
  label: string
  /** What happens without a model; undefined where there has to be one. */
  otherwise: string | undefined
}

/** The model that a stage of the draft can take from elsewhere, if it can. */
export function placeOf(
  stage: Stage,
  { stages, finetune }: Pick<DraftConfiguration, 'stages' | 'finetune'>,
): ModelPlace | undefined {
  switch (stage) {
    case 'image-teacher':
      return { role: 'imageTeacher', use: 'teach', label: 'Image teacher from', otherwise: 'Train it here' }
    case 'video-teacher':
      return { role: 'videoTeacher', use: 'teach', label: 'Video teacher from', otherwise: 'Train it here' }
    case 'distill':
      return undefined
    case 'finetune':
      return stages.includes('finetune') && finetune['initialization'] === 'checkpoint'
        ? { role: 'model', use: 'start', label: 'Checkpoint', otherwise: undefined }
        : undefined
    case 'evaluate':
      return stages.includes('evaluate') && !stages.includes('finetune')
        ? { role: 'model', use: 'test', label: 'Checkpoint', otherwise: undefined }
        : undefined
  }
}

/** Models that can take a place beside clips of these sizes, and how many cannot. */
export function fittingModels(
  models: readonly KnownModel[],
  use: ModelUse,
  clip: DraftConfiguration['clip'],
): { fitting: KnownModel[]; others: { model: KnownModel; problem: string }[] } {
  const sizes: ClipConfiguration | undefined = clipConfiguration.safeParse(clip).data
  if (sizes === undefined) return { fitting: [...models], others: [] }
  const judged = models.map((model) => ({ model, problem: misfitOf(use, model.model, sizes)?.problem }))
  return {
    fitting: judged.filter(({ problem }) => problem === undefined).map(({ model }) => model),
    others: judged.flatMap(({ model, problem }) => (problem === undefined ? [] : [{ model, problem }])),
  }
}
