import type { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import { describeLimits, fieldsOf, type Field } from '#contract/configuration/form.ts'
import type { ChosenInputs } from '#contract/configuration/inputs.ts'
import {
  configurationSections,
  pipelineConfiguration,
  sectionNames,
  type ConfigurationSection,
  type PipelineConfiguration,
} from '#contract/configuration/pipeline.ts'
import { formatAlternatives } from '#contract/format.ts'
import { didYouMean } from '#contract/nearest.ts'
import { withChosenModels } from '#contract/stages/chain.ts'
import { stageNames, stageSchema, type Stage } from '#contract/stages/index.ts'

/** A field of the configuration as `--set` names it: `general.seed`. */
export interface SettingField extends Field {
  section: ConfigurationSection
}

/** Every field that `--set` can change, in the order of the form. */
export const settingFields: readonly SettingField[] = sectionNames.flatMap((section) =>
  fieldsOf(configurationSections[section]).map((field) => ({ section, ...field })),
)

/** What a field accepts, as text: `1 to 100000 epochs`, `smooth-l1, l1 or l2`. */
export function describeRange(field: Field): string {
  const { kind, options, unit } = field
  if (kind === 'boolean') return 'true or false'
  if (kind === 'choice') return formatAlternatives(options)
  const noun = kind === 'integer' ? 'a whole number' : 'a number'
  return `${noun} ${describeLimits(field)}`.trim() + (unit === '' ? '' : ` (${unit})`)
}

/**
 * Changes a configuration by settings of the form `section.key=value`, a list of stages, and models for its inputs. A chosen
 * model replaces the stage that would train it, unless the list names that stage. The result is valid as a whole.
 * @throws StudioError `configuration-invalid`, naming the field and the nearest one that exists.
 */
export function applySettings(
  configuration: PipelineConfiguration,
  settings: readonly string[],
  chosenStages?: string,
  inputs: ChosenInputs = {},
): PipelineConfiguration {
  const stages = chosenStages === undefined ? configuration.stages : parseStages(chosenStages)
  const chained = withChosenModels({ ...configuration, stages }, inputs)
  const changed: Record<string, unknown> = {
    ...chained,
    inputs,
    stages: chosenStages === undefined ? chained.stages : stages,
  }
  for (const setting of settings) {
    const { section, key, value } = parseSetting(setting)
    changed[section] = { ...(changed[section] as object), [key]: value }
  }
  const result = pipelineConfiguration.safeParse(changed)
  if (!result.success)
    throw invalid(
      describeIssues(result.error.issues),
      'Change it with --set section.key=value; "pipeline fields" lists every field.',
    )
  return result.data
}

/** Parses one `section.key=value`. `option`: the one that it was given to. */
export function parseSetting(
  text: string,
  option = '--set',
): {
  section: ConfigurationSection
  key: string
  value: string | number | boolean
} {
  const [, path = '', value] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (value === undefined)
    throw invalid(`${option} "${text}" has no value.`, 'Write section.key=value, for example general.seed=1.')
  const field = findField(path, option)
  return { section: field.section, key: field.key, value: parseValue(field, value.trim()) }
}

function findField(path: string, option: string): SettingField {
  const found = settingFields.find((field) => nameOf(field) === path)
  if (found !== undefined) return found
  const [section = '', ...rest] = path.split('.')
  const key = rest.join('.')
  if (rest.length === 0) {
    const owners = settingFields.filter((field) => field.key === path).map(nameOf)
    throw invalid(
      `${option} "${path}" names no section of the configuration.`,
      owners.length === 0
        ? `Write section.key=value. Sections: ${sectionNames.join(', ')}.`
        : `Did you mean ${formatAlternatives(owners)}?`,
    )
  }
  const known = sectionNames.find((name) => name === section)
  if (known === undefined)
    throw invalid(
      `The configuration has no section "${section}".`,
      didYouMean(section, sectionNames, `Sections: ${sectionNames.join(', ')}.`),
    )
  const keys = settingFields.filter((field) => field.section === known).map((field) => field.key)
  throw invalid(
    `The section ${known} has no field "${key}".`,
    didYouMean(key, keys, '"pipeline fields" lists every field.', (near) => `${known}.${near}`),
  )
}

function parseValue(field: SettingField, text: string): string | number | boolean {
  const value = convert(field, text)
  if (value === undefined) throw invalid(`${nameOf(field)}: "${text}" is not ${describeRange(field)}.`, field.help)
  const shape: Record<string, z.ZodType> = configurationSections[field.section].shape
  const result = shape[field.key]?.safeParse(value)
  if (result?.success === false)
    throw invalid(
      describeIssues(result.error.issues.map(({ message }) => ({ message, path: [field.section, field.key] }))),
      `It takes ${describeRange(field)}.`,
    )
  return value
}

function convert({ kind, options }: Field, text: string): string | number | boolean | undefined {
  switch (kind) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'choice':
      return options.includes(text) ? text : undefined
    case 'text':
      return text
    case 'integer':
    case 'number': {
      const value = text === '' ? Number.NaN : Number(text)
      return Number.isFinite(value) && (kind === 'number' || Number.isInteger(value)) ? value : undefined
    }
  }
}

function parseStages(text: string): Stage[] {
  return text.split(',').map((name) => {
    const stage = stageSchema.safeParse(name.trim())
    if (!stage.success)
      throw invalid(
        `--stages: there is no stage "${name.trim()}".`,
        didYouMean(name.trim(), stageNames, `Stages: ${stageNames.join(', ')}.`),
      )
    return stage.data
  })
}

const nameOf = ({ section, key }: SettingField): string => `${section}.${key}`
const invalid = (message: string, hint: string): StudioError => new StudioError('configuration-invalid', message, hint)
