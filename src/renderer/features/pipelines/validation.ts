import type { z } from 'zod'
import { describeLimits } from '#contract/configuration/form.ts'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { ConfigurationPart } from '#contract/configuration/pipeline.ts'
import { slug } from '#contract/domain/dataset.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { fieldId } from './draft.ts'
import type { Draft } from './draft.ts'
import { fieldsByPart, partTitles } from './form-model.ts'

/** One reason why the draft cannot be launched, and where to mend it. */
export interface Problem {
  /** `dataset`, `labels`, `name`, `stages`, or `part.key`. */
  at: string
  /** The part whose tab holds the field; undefined for the fields above the tabs. */
  part?: ConfigurationPart
  message: string
}

export interface Validation {
  /** What to launch; null while there are problems. */
  request: PipelineRequest | null
  problems: Problem[]
  /** First message of each place. */
  byPlace: ReadonlyMap<string, string>
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
  const byPlace = new Map(problems.toReversed().map((problem) => [problem.at, problem.message]))
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
  return { request, problems, byPlace }
}

/** A problem with the name of its field before it, for a list away from the field. */
export function describe({ at, part, message }: Problem): string {
  if (part === undefined) return message
  const field = fieldsByPart.get(part)?.find(({ key }) => fieldId(part, key) === at)
  return `${partTitles[part]}, ${field?.label ?? at}: ${message}`
}

function dataProblems({ dataset, labels, configuration }: Draft, datasets: readonly DatasetSummary[]): Problem[] {
  if (dataset === null) return [{ at: 'dataset', message: 'Choose a dataset.' }]
  const known = datasets.find(({ name }) => name === dataset)
  if (known === undefined)
    return [{ at: 'dataset', message: `The dataset ${dataset} is no longer there; choose another.` }]
  const needsLabels = configuration.stages.some((stage) => stage === 'finetune' || stage === 'evaluate')
  if (!needsLabels) return []
  if (known.labelSets.length === 0)
    return [
      {
        at: 'labels',
        message: `${dataset} has no classes; switch fine-tuning and the test off, or import a folder per class.`,
      },
    ]
  const chosen = known.labelSets.find(({ name }) => name === labels)
  if (chosen === undefined)
    return [{ at: 'labels', message: 'Choose a label set: fine-tuning and the test learn its classes.' }]
  return chosen.classes.length < 2
    ? [{ at: 'labels', message: `The label set ${chosen.name} has one class; a classifier needs two.` }]
    : []
}

function nameProblems(name: string, taken: ReadonlySet<string>): Problem[] {
  if (name === '') return []
  if (taken.has(name)) return [{ at: 'name', message: `There is a pipeline named ${name} already.` }]
  return (slug.safeParse(name).error?.issues ?? []).map(({ message }) => ({ at: 'name', message }))
}

/** A value outside its range often breaks a rule as well; the first message says enough. */
function onePerField(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    ({ at, part }, index) => part === undefined || problems.findIndex((other) => other.at === at) === index,
  )
}

function toProblem({ path, message }: z.core.$ZodIssue): Problem {
  const [place, key] = path
  if (place === undefined || place === 'stages' || place === 'inputs' || key === undefined)
    return { at: 'stages', message }
  const part = place as ConfigurationPart
  return { at: fieldId(part, String(key)), part, message }
}

/** Messages for values of the wrong kind or outside their range; the schemas' own messages come first. */
function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  const [part, key] = issue.path ?? []
  const field = fieldsByPart.get(part as ConfigurationPart)?.find((candidate) => candidate.key === key)
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
