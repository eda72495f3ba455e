import type { z } from 'zod'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { ConfigurationSection } from '#contract/configuration/pipeline.ts'
import { sectionTitles } from '#contract/configuration/pipeline.ts'
import { slug } from '#contract/domain/dataset.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { needsLabels, stageTitles } from '#contract/stages/index.ts'
import { formatList } from '../../ui/format.ts'
import { contractText, t } from '../../ui/language.ts'
import { fieldId } from './draft.ts'
import type { Draft } from './draft.ts'
import { fieldsBySection, limitsText, splitSetField } from './form-model.ts'

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
    ...splitSetProblems(draft, datasets),
    ...nameProblems(draft.name, takenNames),
    ...onePerField(parsed.error?.issues.map(toProblem) ?? []),
  ]
  const byField = new Map(problems.toReversed().map((problem) => [problem.field, problem.message]))
  const { dataset, labels, name, preset, continues } = draft
  const isValid = problems.length === 0 && parsed.success && dataset !== null
  const request = isValid
    ? {
        dataset,
        preset,
        configuration: parsed.data,
        ...(name === '' ? {} : { name }),
        ...(labels === null ? {} : { labels }),
        ...(continues === undefined ? {} : { continues }),
      }
    : null
  return { request, problems, byField }
}

/** Message with the name of the field, to show away from the field. */
export function describe({ field, section, message }: Problem): string {
  if (section === undefined) return message
  const label = fieldsBySection.get(section)?.find(({ key }) => fieldId(section, key) === field)?.label
  return `${contractText(sectionTitles[section])} › ${label === undefined ? field : contractText(label)}: ${message}`
}

function dataProblems({ dataset, labels, configuration }: Draft, datasets: readonly DatasetSummary[]): Problem[] {
  if (dataset === null) return [{ field: 'dataset', message: t('pipelines.problems.chooseDataset') }]
  const known = datasets.find(({ name }) => name === dataset)
  if (known === undefined) return [{ field: 'dataset', message: t('pipelines.problems.noDataset', { name: dataset }) }]
  const labelled = configuration.stages.filter(needsLabels)
  if (labelled.length === 0) return []
  if (known.labelSets.length === 0)
    return [
      {
        field: 'labels',
        message: t(
          known.boxClasses === undefined ? 'pipelines.problems.noLabels' : 'pipelines.problems.severalLabels',
          {
            dataset,
            stages: formatList(labelled.map((stage) => contractText(stageTitles[stage]))),
          },
        ),
      },
    ]
  const chosen = known.labelSets.find(({ name }) => name === labels)
  if (chosen === undefined) return [{ field: 'labels', message: t('pipelines.problems.chooseLabels') }]
  return chosen.classes.length < 2
    ? [{ field: 'labels', message: t('pipelines.problems.oneClass', { name: chosen.name }) }]
    : []
}

function splitSetProblems({ dataset, configuration }: Draft, datasets: readonly DatasetSummary[]): Problem[] {
  const known = datasets.find(({ name }) => name === dataset)
  const name = String(configuration.general['splitSet'])
  if (known === undefined || known.splitSets.includes(name)) return []
  const message = t('pipelines.problems.noSplitSet', {
    dataset: known.name,
    name,
    names: formatList(known.splitSets),
  })
  return [{ field: splitSetField, section: 'general', message }]
}

function nameProblems(name: string, taken: ReadonlySet<string>): Problem[] {
  if (name === '') return []
  if (taken.has(name)) return [{ field: 'name', message: t('pipelines.problems.nameTaken', { name }) }]
  return (slug.safeParse(name).error?.issues ?? []).map(({ message }) => ({
    field: 'name',
    message: contractText(message),
  }))
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
    if (isEmpty) return t('pipelines.problems.empty')
    return t(issue.expected === 'int' ? 'pipelines.problems.whole' : 'pipelines.problems.number')
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const edge = issue.code === 'too_small' ? field.minimum : field.maximum
    if (issue.inclusive === false && edge !== undefined)
      return t(issue.code === 'too_small' ? 'pipelines.problems.above' : 'pipelines.problems.below', { edge })
    return t('pipelines.problems.range', { limits: limitsText(field) })
  }
  return issue.code === 'invalid_value' ? t('pipelines.problems.choice') : undefined
}
