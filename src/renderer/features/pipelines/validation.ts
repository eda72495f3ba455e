import type { z } from 'zod'
import { describeLimits } from '#contract/configuration/form.ts'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { ConfigurationSection } from '#contract/configuration/pipeline.ts'
import { sectionTitles } from '#contract/configuration/pipeline.ts'
import { slug } from '#contract/domain/dataset.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { needsLabels, stageTitles } from '#contract/stages/index.ts'
import { formatList } from '../../ui/format.ts'
import { fieldId } from './draft.ts'
import type { Draft } from './draft.ts'
import { fieldsBySection } from './form-model.ts'

/** A reason why the draft cannot be launched. */
export interface Problem {
  /** `dataset`, `labels`, `name`, `stages`, or `section.key`. */
  field: string
  /** The tab of the field; undefined for the fields above the tabs. */
  section?: ConfigurationSection
  message: string
}

export interface Validation {
  /** The request to launch; null if there are problems. */
  request: PipelineRequest | null
  problems: Problem[]
  /** First message of each field. */
  byField: ReadonlyMap<string, string>
}

/** Checks the whole draft: data, name, every field, and the rules between fields. */
export function validate(
  draft: Draft,
  datasets: readonly DatasetSummary[],
  takenNames: ReadonlySet<string>,
): Validation {
  const parsed = pipelineConfiguration.safeParse(draft.configuration, { error: plainMessage })
  const problems = [
    ...dataProblems(draft, datasets),
    ...nameProblems(draft.name, takenNames),
    ...onePerField(parsed.error?.issues.map(toProblem) ?? []),
  ]
  const byField = new Map(problems.toReversed().map((problem) => [problem.field, problem.message]))
  const { dataset, labels, name, preset } = draft
  const isValid = problems.length === 0 && parsed.success && dataset !== null
  const request = isValid
    ? {
        dataset,
        preset,
        configuration: parsed.data,
        ...(name === '' ? {} : { name }),
        ...(labels === null ? {} : { labels }),
      }
    : null
  return { request, problems, byField }
}

/** Message with the name of the field, to show away from the field. */
export function describe({ field, section, message }: Problem): string {
  if (section === undefined) return message
  const label = fieldsBySection.get(section)?.find(({ key }) => fieldId(section, key) === field)?.label
  return `${sectionTitles[section]} › ${label ?? field}: ${message}`
}

function dataProblems({ dataset, labels, configuration }: Draft, datasets: readonly DatasetSummary[]): Problem[] {
  if (dataset === null) return [{ field: 'dataset', message: 'Choose a dataset.' }]
  const known = datasets.find(({ name }) => name === dataset)
  if (known === undefined)
    return [{ field: 'dataset', message: `The dataset ${dataset} no longer exists. Choose another one.` }]
  const labelled = configuration.stages.filter(needsLabels)
  if (labelled.length === 0) return []
  if (known.labelSets.length === 0)
    return [
      {
        field: 'labels',
        message: `${dataset} has no labels. Switch off ${formatList(labelled.map((stage) => stageTitles[stage]))}, or import a dataset with labels.`,
      },
    ]
  const chosen = known.labelSets.find(({ name }) => name === labels)
  if (chosen === undefined)
    return [{ field: 'labels', message: 'Choose a label set. Fine-tuning and testing use its classes.' }]
  return chosen.classes.length < 2
    ? [{ field: 'labels', message: `The label set ${chosen.name} has one class. A classifier needs at least two.` }]
    : []
}

function nameProblems(name: string, taken: ReadonlySet<string>): Problem[] {
  if (name === '') return []
  if (taken.has(name))
    return [{ field: 'name', message: `A pipeline named ${name} already exists. Choose another name.` }]
  return (slug.safeParse(name).error?.issues ?? []).map(({ message }) => ({ field: 'name', message }))
}

/** Keeps the first message of each field: a value outside its range often violates other rules, too. */
function onePerField(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    ({ field, section }, index) =>
      section === undefined || problems.findIndex((other) => other.field === field) === index,
  )
}

function toProblem({ path, message }: z.core.$ZodIssue): Problem {
  const [first, key] = path
  if (first === undefined || first === 'stages' || first === 'inputs' || key === undefined)
    return { field: 'stages', message }
  const section = first as ConfigurationSection
  return { field: fieldId(section, String(key)), section, message }
}

/** Messages for values of the wrong type or outside their range. Messages of the schemas take precedence. */
function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  const [section, key] = issue.path ?? []
  const field = fieldsBySection.get(section as ConfigurationSection)?.find((candidate) => candidate.key === key)
  if (field === undefined) return undefined
  const isEmpty = issue.input === null
  if (issue.code === 'invalid_type') {
    if (isEmpty) return 'Enter a value.'
    return issue.expected === 'int' ? 'Enter a whole number.' : 'Enter a number.'
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const edge = issue.code === 'too_small' ? field.minimum : field.maximum
    if (issue.inclusive === false) return `Enter a value ${issue.code === 'too_small' ? 'above' : 'below'} ${edge}.`
    return `Enter a value ${describeLimits(field)}.`
  }
  return issue.code === 'invalid_value' ? 'Choose one of the values.' : undefined
}
