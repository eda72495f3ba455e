import { formatNumber } from '../format.ts'
import { fieldsOf } from './form.ts'
import { configurationSections, type ConfigurationSection } from './pipeline.ts'

export type ParameterValue = string | number | boolean

/** A hyperparameter with its label and unit. */
export interface Parameter {
  key: string
  label: string
  unit: string
  help: string
  value: ParameterValue
}
export interface ParameterGroup {
  title: string
  parameters: Parameter[]
}

/** Values of a section of a configuration, grouped by the headings of its schema. */
export function groupsOf(section: ConfigurationSection, values: object): ParameterGroup[] {
  const given = new Map<string, unknown>(Object.entries(values))
  const groups = new Map<string, Parameter[]>()
  for (const { key, label, unit, help, group } of fieldsOf(configurationSections[section])) {
    const value = given.get(key)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    groups.set(group, [...(groups.get(group) ?? []), { key, label, unit, help, value }])
  }
  return [...groups].map(([title, parameters]) => ({ title, parameters }))
}

export function formatParameter(value: ParameterValue | undefined): string {
  if (value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return typeof value === 'number' && !Number.isInteger(value) ? formatNumber(value) : String(value)
}
