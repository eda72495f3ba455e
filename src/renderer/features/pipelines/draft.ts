import { finetuneConfiguration } from '#contract/configuration/finetune.ts'
import { chainWith, type ChosenInputs } from '#contract/configuration/inputs.ts'
import { configurationParts } from '#contract/configuration/pipeline.ts'
import type { ConfigurationPart, PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { stages } from '#contract/stages/stage.ts'
import type { Stage } from '#contract/stages/stage.ts'

/** Value of a field while it is edited; null if the field is empty. */
export type FieldValue = number | string | boolean | null

/** A configuration while it is edited: of the right shape, but not necessarily valid. */
export type DraftConfiguration = { stages: Stage[]; inputs: ChosenInputs } & Record<
  ConfigurationPart,
  Record<string, FieldValue>
>

/** A pipeline while it is edited. */
export interface Draft {
  /** Empty if the studio should generate one. */
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

/** Replaces every value by those of another preset; keeps dataset, label set, chosen models and name. */
export function withPreset(draft: Draft, preset: Preset): Draft {
  return {
    ...draft,
    preset: preset.name,
    configuration: withInputs(copy(preset.configuration), draft.configuration.inputs),
  }
}

/** Uses an existing model for a role and removes the stages that would train it. Without a model, the stage is added back. */
export function withModel(draft: Draft, role: InputRole, ref: string | undefined): Draft {
  const { [role]: _before, ...others } = draft.configuration.inputs
  const without = { ...draft, configuration: { ...draft.configuration, inputs: others } }
  if (ref !== undefined)
    return {
      ...without,
      configuration: { ...withInputs(without.configuration, { [role]: ref }), inputs: { ...others, [role]: ref } },
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

function withInputs(configuration: DraftConfiguration, inputs: ChosenInputs): DraftConfiguration {
  const { stages, finetune } = configuration
  const current = finetuneConfiguration.shape.initialization.safeParse(finetune['initialization']).data ?? 'student'
  const { stages: left, initialization } = chainWith({ stages, initialization: current }, inputs)
  return { ...configuration, inputs, stages: [...left], finetune: { ...finetune, initialization } }
}

/** Chooses a dataset, and its label set of the same name as before or else its first one. */
export function withDataset(draft: Draft, dataset: DatasetSummary): Draft {
  const kept = dataset.labelSets.find((set) => set.name === draft.labels)
  return { ...draft, dataset: dataset.name, labels: (kept ?? dataset.labelSets[0])?.name ?? null }
}

/** Sets a field. If fine-tuning no longer starts from a checkpoint, the chosen checkpoint is dropped. */
export function withField(draft: Draft, part: ConfigurationPart, key: string, value: FieldValue): Draft {
  const { configuration } = draft
  const { model: _model, ...teachers } = configuration.inputs
  const inputs =
    part === 'finetune' && key === 'initialization' && value !== 'checkpoint' ? teachers : configuration.inputs
  return { ...draft, configuration: { ...configuration, inputs, [part]: { ...configuration[part], [key]: value } } }
}

/** Switches a stage on or off. A teacher that is trained by this pipeline replaces the chosen existing one. */
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

/** Fields that differ from the preset, as `section.key`, and `stages` if the stages differ. */
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

/** Sections of the configuration that the chosen stages use. */
export function usedParts(chosen: readonly Stage[]): ConfigurationPart[] {
  return parts.filter((part) => part === 'general' || part === 'clip' || chosen.some((stage) => stage === part))
}
