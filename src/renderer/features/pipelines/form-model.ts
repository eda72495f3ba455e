import { describeLimits, fieldsOf } from '#contract/configuration/form.ts'
import type { Field } from '#contract/configuration/form.ts'
import { configurationParts } from '#contract/configuration/pipeline.ts'
import type { ConfigurationPart } from '#contract/configuration/pipeline.ts'
import { stageTitles } from '#contract/stages/stage.ts'

export interface FormSection {
  title: string
  fields: Field[]
}

export const partTitles: Record<ConfigurationPart, string> = { general: 'General', clip: 'Clip', ...stageTitles }

/** Fields of each section, in the order of its schema. */
export const fieldsByPart = new Map<ConfigurationPart, Field[]>(
  Object.entries(configurationParts).map(([part, schema]) => [part as ConfigurationPart, fieldsOf(schema)]),
)

/** Fields of a section grouped by heading, in the order of the schema. */
export function sectionsOf(part: ConfigurationPart): FormSection[] {
  const sections = Map.groupBy(fieldsByPart.get(part) ?? [], (field) => field.section)
  return [...sections].map(([title, fields]) => ({ title, fields }))
}

/** Description of a field, its limits, and the source of the preset's value. */
export function helpText(field: Field, source?: string): string {
  const limits = describeLimits(field)
  const takes = limits === '' ? [] : [`${field.kind === 'integer' ? 'Whole number' : 'Number'} ${limits}.`]
  return [field.help, ...takes, ...(source === undefined ? [] : [`Source of the preset value: ${source}.`])].join(' ')
}

/** Value of an input's text: a number if it can be parsed, null if it is empty. */
export function parseInput(field: Pick<Field, 'kind'>, text: string): number | string | null {
  if (text.trim() === '') return null
  if (field.kind === 'text' || field.kind === 'choice') return text
  const value = Number(text)
  return Number.isNaN(value) ? text : value
}
