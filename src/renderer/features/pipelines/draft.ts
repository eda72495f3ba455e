import { finetuneConfiguration } from '#contract/configuration/finetune.ts'
import { chainWith, type ChosenInputs } from '#contract/configuration/inputs.ts'
import { configurationParts } from '#contract/configuration/pipeline.ts'
import type { ConfigurationPart, PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { stages } from '#contract/stages/stage.ts'
import type { Stage } from '#contract/stages/stage.ts'

/** What a field of the form holds while it is edited; null is an empty one. */
export type FieldValue = number | string | boolean | null

/** A configuration as it is being written: of the right shape, but not yet valid. */
export type DraftConfiguration = { stages: Stage[]; inputs: ChosenInputs } & Record<
  ConfigurationPart,
  Record<string, FieldValue>
>

/** A pipeline as it is being written. */
export interface Draft {
  /** Empty lets the studio choose. */
  name: string
  dataset: string | null
  labels: string | null
  preset: string
  configuration: DraftConfiguration
}

export const parts = Object.keys(configurationParts) as ConfigurationPart[]

const copy = (configuration: PipelineConfiguration): DraftConfiguration => structuredClone(configuration)

export function draftFrom(preset: Preset): Draft {
  return { name: '', dataset: null, labels: null, preset: preset.name, configuration: copy(preset.configuration) }
}

/** Another preset replaces every value; dataset, label set, chosen models and name stay. */
export function withPreset(draft: Draft, preset: Preset): Draft {
  return {
    ...draft,
    preset: preset.name,
    configuration: taking(copy(preset.configuration), draft.configuration.inputs),
  }
}

/** Takes a model from elsewhere in a role, in whose place nothing is trained then; without a model, that is trained here again. */
export function withModel(draft: Draft, role: InputRole, ref: string | undefined): Draft {
  const { [role]: _before, ...others } = draft.configuration.inputs
  const without = { ...draft, configuration: { ...draft.configuration, inputs: others } }
  if (ref !== undefined)
    return {
      ...without,
      configuration: { ...taking(without.configuration, { [role]: ref }), inputs: { ...others, [role]: ref } },
    }
  if (role === 'model')
    return draft.configuration.finetune['initialization'] === 'checkpoint'
      ? withField(without, 'finetune', 'initialization', 'student')
      : without
  return withStage(without, teacherStages[role], true)
}

const teacherStages = { imageTeacher: 'image-teacher', videoTeacher: 'video-teacher' } as const satisfies Partial<
  Record<InputRole, Stage>
>

function taking(configuration: DraftConfiguration, inputs: ChosenInputs): DraftConfiguration {
  const { stages, finetune } = configuration
  const current = finetuneConfiguration.shape.initialization.safeParse(finetune['initialization']).data ?? 'student'
  const { stages: left, initialization } = chainWith({ stages, initialization: current }, inputs)
  return { ...configuration, inputs, stages: [...left], finetune: { ...finetune, initialization } }
}

/** Another dataset; its first label set is chosen unless it has one of the same name. */
export function withDataset(draft: Draft, dataset: DatasetSummary): Draft {
  const kept = dataset.labelSets.find((set) => set.name === draft.labels)
  return { ...draft, dataset: dataset.name, labels: (kept ?? dataset.labelSets[0])?.name ?? null }
}

/** Another value of a field. Fine-tuning from anything but a checkpoint lets go of the chosen one. */
export function withField(draft: Draft, part: ConfigurationPart, key: string, value: FieldValue): Draft {
  const { configuration } = draft
  const { model: _model, ...teachers } = configuration.inputs
  const inputs =
    part === 'finetune' && key === 'initialization' && value !== 'checkpoint' ? teachers : configuration.inputs
  return { ...draft, configuration: { ...configuration, inputs, [part]: { ...configuration[part], [key]: value } } }
}

/** Switches a stage on or off; the order of the stages never changes. A teacher that is trained here is not taken from elsewhere. */
export function withStage(draft: Draft, stage: Stage, isOn: boolean): Draft {
  const chosen = stages.filter((other) => (other === stage ? isOn : draft.configuration.stages.includes(other)))
  const { imageTeacher, videoTeacher, model } = draft.configuration.inputs
  const inputs = {
    ...(imageTeacher === undefined || (stage === 'image-teacher' && isOn) ? {} : { imageTeacher }),
    ...(videoTeacher === undefined || (stage === 'video-teacher' && isOn) ? {} : { videoTeacher }),
    ...(model === undefined ? {} : { model }),
  }
  return { ...draft, configuration: { ...draft.configuration, inputs, stages: chosen } }
}

export const fieldId = (part: string, key: string): string => `${part}.${key}`

/** Fields that differ from the preset, as `part.key`, and `stages` where other stages are chosen. */
export function changedFields(configuration: DraftConfiguration, preset: PipelineConfiguration): Set<string> {
  const original = copy(preset)
  const changed = parts.flatMap((part) =>
    Object.keys(original[part])
      .filter((key) => configuration[part][key] !== original[part][key])
      .map((key) => fieldId(part, key)),
  )
  const sameStages =
    original.stages.length === configuration.stages.length &&
    original.stages.every((stage) => configuration.stages.includes(stage))
  return new Set(sameStages ? changed : ['stages', ...changed])
}

/** Parts that the chosen stages read. */
export function usedParts(chosen: readonly Stage[]): ConfigurationPart[] {
  return parts.filter((part) => part === 'general' || part === 'clip' || chosen.some((stage) => stage === part))
}
