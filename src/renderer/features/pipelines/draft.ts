import { configurationParts } from '#contract/configuration/pipeline.ts'
import type { ConfigurationPart, PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetSummary } from '#contract/dataset.ts'
import type { Preset } from '#contract/pipeline.ts'
import { stages } from '#contract/stage.ts'
import type { Stage } from '#contract/stage.ts'

/** What a field of the form holds while it is edited; null is an empty one. */
export type FieldValue = number | string | boolean | null

/** A configuration as it is being written: of the right shape, but not yet valid. */
export type DraftConfiguration = { stages: Stage[] } & Record<ConfigurationPart, Record<string, FieldValue>>

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

/** Another preset replaces every value; dataset, label set and name stay. */
export function withPreset(draft: Draft, preset: Preset): Draft {
  return { ...draft, preset: preset.name, configuration: copy(preset.configuration) }
}

/** Another dataset; its first label set is chosen unless it has one of the same name. */
export function withDataset(draft: Draft, dataset: DatasetSummary): Draft {
  const kept = dataset.labelSets.find((set) => set.name === draft.labels)
  return { ...draft, dataset: dataset.name, labels: (kept ?? dataset.labelSets[0])?.name ?? null }
}

export function withField(draft: Draft, part: ConfigurationPart, key: string, value: FieldValue): Draft {
  const { configuration } = draft
  return { ...draft, configuration: { ...configuration, [part]: { ...configuration[part], [key]: value } } }
}

/** Switches a stage on or off; the order of the stages never changes. */
export function withStage(draft: Draft, stage: Stage, isOn: boolean): Draft {
  const chosen = stages.filter((other) => (other === stage ? isOn : draft.configuration.stages.includes(other)))
  return { ...draft, configuration: { ...draft.configuration, stages: chosen } }
}

export const fieldId = (part: string, key: string): string => `${part}.${key}`

/** Fields that differ from the preset, as `part.key`, and `stages` where other stages are chosen. */
export function changedFields(configuration: DraftConfiguration, preset: PipelineConfiguration): Set<string> {
  const original = copy(preset)
  const changed = parts.flatMap((part) => Object.keys(original[part]).filter((key) => configuration[part][key] !== original[part][key]).map((key) => fieldId(part, key)))
  const sameStages = original.stages.length === configuration.stages.length && original.stages.every((stage) => configuration.stages.includes(stage))
  return new Set(sameStages ? changed : ['stages', ...changed])
}

/** Parts that the chosen stages read. */
export function usedParts(chosen: readonly Stage[]): ConfigurationPart[] {
  return parts.filter((part) => part === 'general' || part === 'clip' || chosen.some((stage) => stage === part))
}
