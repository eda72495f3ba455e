import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { clipConfiguration } from '#contract/configuration/clip.ts'
import { misfitOf, type ModelUse } from '#contract/domain/fit.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import { stageReplacedBy } from '#contract/stages/chain.ts'
import { type Stage, stages } from '#contract/stages/index.ts'
import type { KnownModel } from '../../api/models-store.ts'
import { contractText, t } from '../../ui/language.ts'
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
  { stages: running, ...configuration }: Pick<DraftConfiguration, 'stages' | Stage>,
): ModelSlot | undefined {
  const { replacedBy, title, inputs } = stages[stage]
  if (replacedBy !== undefined)
    return {
      role: replacedBy,
      use: 'teach',
      label: t('pipelines.stages.modelFrom', { stage: contractText(title) }),
      otherwise: t('pipelines.stages.here'),
    }
  if (!running.includes(stage)) return undefined
  for (const { use, sources } of inputs(configuration[stage])) {
    if (sources.some((source) => 'stage' in source && running.some((name) => name === source.stage))) continue
    for (const source of sources) {
      // A role with its own stage is chosen there.
      if ('chosen' in source && stageReplacedBy(source.chosen) === undefined)
        return { role: source.chosen, use, label: t('pipelines.stages.checkpoint'), otherwise: undefined }
    }
  }
  return undefined
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
