import { describeLimits, fieldsOf } from '#contract/configuration/form.ts'
import type { Field } from '#contract/configuration/form.ts'
import { configurationSections } from '#contract/configuration/pipeline.ts'
import type { ConfigurationSection } from '#contract/configuration/pipeline.ts'

export interface FormGroup {
  title: string
  fields: Field[]
}

/** Fields of each section, in the order of its schema. */
export const fieldsBySection = new Map<ConfigurationSection, Field[]>(
  Object.entries(configurationSections).map(([section, schema]) => [section as ConfigurationSection, fieldsOf(schema)]),
)

/** Fields of a section grouped by heading, in the order of the schema. */
export function groupsOf(section: ConfigurationSection): FormGroup[] {
  const groups = Map.groupBy(fieldsBySection.get(section) ?? [], (field) => field.group)
  return [...groups].map(([title, fields]) => ({ title, fields }))
}

/** A field with the section that it belongs to. */
export interface SectionField {
  section: ConfigurationSection
  field: Field
}

/** Fields whose name, label, heading or help has every word of a search, in the order of the form. */
export function findFields(search: string): SectionField[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return [...fieldsBySection].flatMap(([section, fields]) =>
    fields
      .filter(({ key, label, group, help }) => {
        const text = `${section}.${key} ${label} ${group} ${help}`.toLowerCase()
        return words.every((word) => text.includes(word))
      })
      .map((field) => ({ section, field })),
  )
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
