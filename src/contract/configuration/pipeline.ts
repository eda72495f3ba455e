import { z } from 'zod'
import { stageNames, stageSchema, stageSections, stageTitles } from '../stages/index.ts'
import { clipConfiguration } from './clip.ts'
import { generalConfiguration } from './general.ts'
import { chosenInputs } from './inputs.ts'
import { checkRules } from './rules.ts'

/** The sections of a pipeline's configuration. `--set section.key=value` and the form go through this table. */
export const configurationSections = { general: generalConfiguration, clip: clipConfiguration, ...stageSections }
export type ConfigurationSection = keyof typeof configurationSections
export const sectionNames = Object.keys(configurationSections) as ConfigurationSection[]
export const sectionTitles: Readonly<Record<ConfigurationSection, string>> = {
  general: 'General',
  clip: 'Clip',
  ...stageTitles,
}

const shape = z.strictObject({
  stages: z
    .array(stageSchema)
    .min(1, 'Choose at least one stage.')
    .meta({ label: 'Stages', help: `Stages to run, in this order: ${stageNames.join(', ')}.` }),
  inputs: chosenInputs.default({}),
  ...configurationSections,
})

/** Everything that decides what a pipeline computes. Frozen when the pipeline is launched. */
export const pipelineConfiguration = shape.superRefine(checkRules)
export type PipelineConfiguration = z.infer<typeof shape>
