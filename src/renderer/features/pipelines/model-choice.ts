import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { clipConfiguration } from '#contract/configuration/clip.ts'
import { misfitOf, type ModelUse } from '#contract/domain/fit.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { Stage } from '#contract/stages/stage.ts'
import type { KnownModel } from '../../api/models-store.ts'
import type { DraftConfiguration } from './draft.ts'

/** An input of a stage that takes an existing model. */
export interface ModelSlot {
  role: InputRole
  use: ModelUse
  label: string
  /** Label of the choice without a model; undefined if a model is required. */
  otherwise: string | undefined
}

/** The slot of a stage in the draft, if it has one. */
export function slotOf(
  stage: Stage,
  { stages, finetune }: Pick<DraftConfiguration, 'stages' | 'finetune'>,
): ModelSlot | undefined {
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

/** Splits models into those that fit the clip and the others, each with the reason. */
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
