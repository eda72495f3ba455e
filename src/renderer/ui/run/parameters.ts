import { fieldsOf } from '#contract/configuration/form.ts'
import { configurationParts, type ConfigurationPart } from '#contract/configuration/pipeline.ts'
import { stageTitles } from '#contract/stages/stage.ts'
import { formatNumber } from '../format.ts'

export type ParameterValue = string | number | boolean

/** A hyperparameter with its label and unit. */
export interface Parameter {
  key: string
  label: string
  unit: string
  help: string
  value: ParameterValue
}
export interface ParameterSection {
  title: string
  parameters: Parameter[]
}

export const partTitles: Record<ConfigurationPart, string> = { general: 'General', clip: 'Clip', ...stageTitles }

/** Values of a section of a configuration, grouped by the headings of its schema. */
export function sectionsOf(part: ConfigurationPart, values: object): ParameterSection[] {
  const given = new Map<string, unknown>(Object.entries(values))
  const sections = new Map<string, Parameter[]>()
  for (const { key, label, unit, help, section } of fieldsOf(configurationParts[part])) {
    const value = given.get(key)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    sections.set(section, [...(sections.get(section) ?? []), { key, label, unit, help, value }])
  }
  return [...sections].map(([title, parameters]) => ({ title, parameters }))
}

export function formatParameter(value: ParameterValue | undefined): string {
  if (value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return typeof value === 'number' && !Number.isInteger(value) ? formatNumber(value) : String(value)
}
