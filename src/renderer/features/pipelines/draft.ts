import type { ChosenInputs } from '#contract/configuration/inputs.ts'
import { sectionNames } from '#contract/configuration/pipeline.ts'
import type { ConfigurationSection, PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { Continuation, InputRole } from '#contract/domain/model-ref.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { stageReplacedBy, withChosenModels } from '#contract/stages/chain.ts'
import { stageNames, stages } from '#contract/stages/index.ts'
import type { Stage } from '#contract/stages/index.ts'

/** Value of a field while it is edited; null if the field is empty. */
export type FieldValue = number | string | boolean | null

/** A configuration while it is edited: of the right shape, but not necessarily valid. */
export type DraftConfiguration = { stages: Stage[]; inputs: ChosenInputs } & Record<
  ConfigurationSection,
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
  /** The checkpoint from which the first stage continues. */
  continues?: Continuation
}

const copy = (configuration: PipelineConfiguration): DraftConfiguration => structuredClone(configuration)

export function draftFrom(preset: Preset): Draft {
  return { name: '', dataset: null, labels: null, preset: preset.name, configuration: copy(preset.configuration) }
}

/** Replaces every value by those of another preset; keeps dataset, label set, chosen models and name. */
export function withPreset(draft: Draft, preset: Preset): Draft {
  const { continues: _continues, ...others } = draft
  return {
    ...others,
    preset: preset.name,
    configuration: withInputs(copy(preset.configuration), draft.configuration.inputs),
  }
}

/** Uses an existing model for a role and removes the stages that would train it. Without a model, the stage is added back. */
export function withModel(draft: Draft, role: InputRole, ref: string | undefined): Draft {
  const others = withoutRole(draft.configuration.inputs, role)
  const without = { ...draft, configuration: { ...draft.configuration, inputs: others } }
  if (ref !== undefined)
    return {
      ...without,
      configuration: { ...withInputs(without.configuration, { [role]: ref }), inputs: { ...others, [role]: ref } },
    }
  const replaced = stageReplacedBy(role)
  if (replaced !== undefined) return withStage(without, replaced, true)
  return stageNames.reduce((draft, stage) => {
    const { choice } = stages[stage]
    return choice?.role === role && draft.configuration[stage][choice.field] === choice.value
      ? withField(draft, stage, choice.field, choice.otherwise)
      : draft
  }, without)
}

const withInputs = (configuration: DraftConfiguration, inputs: ChosenInputs): DraftConfiguration => ({
  ...withChosenModels(configuration, inputs),
  inputs,
})

/** Chooses a dataset, and its label set of the same name as before or else its first one. */
export function withDataset(draft: Draft, dataset: DatasetSummary): Draft {
  const kept = dataset.labelSets.find((set) => set.name === draft.labels)
  return { ...draft, dataset: dataset.name, labels: (kept ?? dataset.labelSets[0])?.name ?? null }
}

/** Sets a field. A chosen model is dropped if the stage no longer takes it. */
export function withField(draft: Draft, section: ConfigurationSection, key: string, value: FieldValue): Draft {
  const { configuration } = draft
  const choice = stageNames.flatMap((stage) => (stage === section ? (stages[stage].choice ?? []) : [])).at(0)
  const inputs =
    choice?.field === key && choice.value !== value
      ? withoutRole(configuration.inputs, choice.role)
      : configuration.inputs
  return {
    ...draft,
    configuration: { ...configuration, inputs, [section]: { ...configuration[section], [key]: value } },
  }
}

/** Share of the warm-up in the epochs of a section; null if it has none, or if one of them is not a number. */
export function warmupShareOf({ configuration }: Draft, section: ConfigurationSection): number | null {
  const { epochs, warmupEpochs } = configuration[section]
  return typeof epochs === 'number' && typeof warmupEpochs === 'number' && epochs > 0 ? warmupEpochs / epochs : null
}

/** Gives the warm-up of a section a share of its epochs. */
export function withWarmupShare(draft: Draft, section: ConfigurationSection, share: number): Draft {
  const { epochs } = draft.configuration[section]
  return typeof epochs === 'number'
    ? withField(draft, section, 'warmupEpochs', Number((share * epochs).toPrecision(4)))
    : draft
}

/** Switches a stage on or off. A stage that is switched on replaces the existing model that was chosen for it. */
export function withStage(draft: Draft, stage: Stage, isOn: boolean): Draft {
  const { configuration } = draft
  const chosen = stageNames.filter((other) => (other === stage ? isOn : configuration.stages.includes(other)))
  const { replacedBy } = stages[stage]
  const inputs = isOn && replacedBy !== undefined ? withoutRole(configuration.inputs, replacedBy) : configuration.inputs
  return { ...draft, configuration: { ...configuration, inputs, stages: chosen } }
}

function withoutRole(inputs: ChosenInputs, role: InputRole): ChosenInputs {
  const { [role]: _dropped, ...others } = inputs
  return others
}

export const fieldId = (section: string, key: string): string => `${section}.${key}`

/** Fields that differ from the preset, as `section.key`, and `stages` if the stages differ. */
export function changedFields(configuration: DraftConfiguration, preset: PipelineConfiguration): Set<string> {
  const original = copy(preset)
  const changed = sectionNames.flatMap((section) =>
    Object.keys(original[section])
      .filter((key) => configuration[section][key] !== original[section][key])
      .map((key) => fieldId(section, key)),
  )
  const sameStages =
    original.stages.length === configuration.stages.length &&
    original.stages.every((stage) => configuration.stages.includes(stage))
  return new Set(sameStages ? changed : ['stages', ...changed])
}

/** Sections of the configuration that the chosen stages use. */
export function usedSections(chosen: readonly Stage[]): ConfigurationSection[] {
  return sectionNames.filter(
    (section) => section === 'general' || section === 'clip' || chosen.some((stage) => stage === section),
  )
}
