import { fieldsOf, type Limits } from '#contract/configuration/form.ts'
import type { Field } from '#contract/configuration/form.ts'
import { configurationSections } from '#contract/configuration/pipeline.ts'
import type { ConfigurationSection } from '#contract/configuration/pipeline.ts'
import { describeMetric, knownMetrics } from '#contract/domain/metric.ts'
import { contractText, t } from '../../ui/language.ts'

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

/** Id of the field whose choices are the split sets of the dataset. */
export const splitSetField = 'general.splitSet'

/** A field with the section that it belongs to. */
export interface SectionField {
  section: ConfigurationSection
  field: Field
}

/** Fields whose name, label, heading or help has every word of a search, in English or the language of the window, in the order of the form. */
export function findFields(search: string): SectionField[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return [...fieldsBySection].flatMap(([section, fields]) =>
    fields
      .filter(({ key, label, group, help }) => {
        const own = [label, group, help]
        const text = [`${section}.${key}`, ...own, ...own.map(contractText)].join(' ').toLowerCase()
        return words.every((word) => text.includes(word))
      })
      .map((field) => ({ section, field })),
  )
}

/** Description of a field, its limits, and the source of the preset's value. */
export function helpText(field: Field, source?: string): string {
  const limits = limitsText(field)
  const takes =
    limits === ''
      ? []
      : [t(field.kind === 'integer' ? 'pipelines.takes.integer' : 'pipelines.takes.number', { limits })]
  return [
    contractText(field.help),
    ...takes,
    ...(source === undefined ? [] : [t('pipelines.parameters.source', { source })]),
  ].join(' ')
}

/** The limits of a field in the language of the window, as `describeLimits` writes them in English; empty without limits. */
export function limitsText({ minimum, maximum, isMinimumExcluded, isMaximumExcluded }: Limits): string {
  if (minimum === undefined)
    return maximum === undefined
      ? ''
      : t(isMaximumExcluded ? 'pipelines.limits.below' : 'pipelines.limits.upTo', { max: maximum })
  if (maximum === undefined)
    return t(isMinimumExcluded ? 'pipelines.limits.above' : 'pipelines.limits.from', { min: minimum })
  const range = { min: minimum, max: maximum }
  if (isMinimumExcluded) return t(isMaximumExcluded ? 'pipelines.limits.between' : 'pipelines.limits.aboveTo', range)
  return t(isMaximumExcluded ? 'pipelines.limits.fromBelow' : 'pipelines.limits.fromTo', range)
}

const metrics = new Set(knownMetrics())

/** Choices of a field; metrics with their labels, other values as files have them. */
export const optionsOf = ({ options }: Pick<Field, 'options'>): { value: string; label: string }[] =>
  options.map((value) => ({ value, label: metrics.has(value) ? contractText(describeMetric(value).label) : value }))

/** Value of an input's text: a number if it can be parsed, null if it is empty. */
export function parseInput(field: Pick<Field, 'kind'>, text: string): number | string | null {
  if (text.trim() === '') return null
  if (field.kind === 'text' || field.kind === 'choice') return text
  const value = Number(text)
  return Number.isNaN(value) ? text : value
}
