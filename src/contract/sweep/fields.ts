import type { z } from 'zod'
import { type Field, fieldsOf } from '../configuration/form.ts'
import {
  configurationSections,
  type ConfigurationSection,
  type PipelineConfiguration,
  sectionNames,
} from '../configuration/pipeline.ts'
import type { Overrides } from '../domain/pipeline.ts'
import { inputsOf } from '../stages/chain.ts'
import { type Stage, stageNames } from '../stages/index.ts'

/** A field of the configuration with its section. */
export interface SectionField extends Field {
  readonly section: ConfigurationSection
  /** `<section>.<key>`. */
  readonly path: string
  /** Checks one value. */
  readonly schema: z.ZodType
}

const bySection = sectionNames.map((section) => {
  const shape: Readonly<Record<string, z.ZodType>> = configurationSections[section].shape
  return fieldsOf(configurationSections[section]).flatMap((field) => {
    const schema = shape[field.key]
    return schema === undefined ? [] : [{ ...field, section, path: `${section}.${field.key}`, schema }]
  })
})

/** Every field of a configuration, by path, in the order of the form. */
export const sectionFields: ReadonlyMap<string, SectionField> = new Map(
  bySection.flat().map((field) => [field.path, field]),
)

/** The stage that a section belongs to; undefined for the general settings and the clip. */
export const stageOfSection = (section: ConfigurationSection): Stage | undefined =>
  stageNames.find((stage) => stage === section)

/** A configuration with other values of some fields. It is not checked. */
export function withOverrides(configuration: PipelineConfiguration, overrides: Overrides): PipelineConfiguration {
  const changed: Record<string, unknown> = { ...configuration }
  for (const [path, value] of Object.entries(overrides)) {
    const field = sectionFields.get(path)
    if (field !== undefined) changed[field.section] = { ...(changed[field.section] as object), [field.key]: value }
  }
  return changed as PipelineConfiguration
}

/**
 * Fields of later stages that must have the value of a field because they take the model of its stage: `finetune.width` follows
 * `distill.width`.
 */
export function followersOf({ section, key }: SectionField, configuration: PipelineConfiguration): SectionField[] {
  return configuration.stages.flatMap((stage) =>
    inputsOf(stage, configuration).flatMap(({ source, agreesOn = [] }) => {
      const follower = sectionFields.get(`${stage}.${key}`)
      const follows = source?.kind === 'stage' && source.stage === section && agreesOn.includes(key)
      return follows && follower !== undefined ? [follower, ...followersOf(follower, configuration)] : []
    }),
  )
}
