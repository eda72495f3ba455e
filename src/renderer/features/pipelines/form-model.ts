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

/** Fields of each part as its schema lists them. */
export const fieldsByPart = new Map<ConfigurationPart, Field[]>(
  Object.entries(configurationParts).map(([part, schema]) => [part as ConfigurationPart, fieldsOf(schema)]),
)

/** The fields of a part under their headings, both in the order of the schema. */
export function sectionsOf(part: ConfigurationPart): FormSection[] {
  const sections = Map.groupBy(fieldsByPart.get(part) ?? [], (field) => field.section)
  return [...sections].map(([title, fields]) => ({ title, fields }))
}

/** What the field does, its limits, and where the preset's value comes from. */
export function helpText(field: Field, source?: string): string {
  const limits = describeLimits(field)
  const takes = limits === '' ? [] : [`Takes ${field.kind === 'integer' ? 'a whole number' : 'a number'} ${limits}.`]
  return [field.help, ...takes, ...(source === undefined ? [] : [`Source of the preset's value: ${source}.`])].join(' ')
}

/** The text of an input as the draft keeps it: a number where it is one, null where it is empty. */
export function parseInput(field: Pick<Field, 'kind'>, text: string): number | string | null {
  if (text.trim() === '') return null
  if (field.kind === 'text' || field.kind === 'choice') return text
  const value = Number(text)
  return Number.isNaN(value) ? text : value
}
