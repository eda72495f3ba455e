import { testDifference } from '#contract/comparison/class-accuracies.ts'
import { otherData } from '#contract/comparison/same-data.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatList } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** A run on the compare page. Its index is its style in every chart. */
export interface ComparedRun {
  id: string
  label: string
  run: Run
  pipeline: Pipeline
}

/** More runs are not compared at once. */
export const maxRuns = 200

/** Distinct run ids of a query parameter. The first one is the baseline. */
export function parseIds(query: unknown): string[] {
  return typeof query === 'string' ? [...new Set(query.split(',').filter((id) => id !== ''))] : []
}

export const serializeIds = (ids: readonly string[]): string | undefined =>
  ids.length === 0 ? undefined : ids.join(',')

/** The ids with this one first. */
export const withBaseline = (ids: readonly string[], id: string): string[] => [
  id,
  ...ids.filter((other) => other !== id),
]

/** At most as many runs are named in a sentence. */
const namedRuns = 4
/** Names of runs as a list; of many, the first ones and the number of the others. */
export const namesOf = (runs: readonly ComparedRun[]): string =>
  formatList([
    ...runs.slice(0, namedRuns).map(({ label }) => label),
    ...(runs.length > namedRuns ? [t('compare.others', { count: runs.length - namedRuns })] : []),
  ])

/** What keeps metrics of some runs from being compared with those of the baseline, as sentences. */
export const dataNotes = (runs: readonly ComparedRun[]): string[] =>
  otherData(runs).map(({ reason, runs: of }) => t(`compare.data.${reason}`, { names: namesOf(of) }))

const nameOf = (name: string | null): string => name ?? t('compare.noLabels')

/** Why two runs did not test the same videos, as a sentence; undefined if they did. */
export function testReason(baseline: ComparedRun, other: ComparedRun): string | undefined {
  const difference = testDifference(baseline, other)
  if (difference === undefined) return undefined
  if (difference.kind !== 'dataset' && difference.kind !== 'labels') return t(`compare.test.why.${difference.kind}`)
  return t(`compare.test.why.${difference.kind}`, {
    reference: nameOf(difference.reference),
    own: nameOf(difference.own),
  })
}

/** Why test results of some runs are not those of the test of the baseline, as sentences. */
export function testNotes(runs: readonly ComparedRun[]): string[] {
  const [baseline, ...others] = runs
  if (baseline === undefined || others.length === 0) return []
  if (baseline.run.result === null) return [t('compare.test.noBaseline')]
  return others.flatMap((other) => {
    const reason = other.run.result === null ? undefined : testReason(baseline, other)
    return reason === undefined ? [] : [t('compare.test.other', { run: other.label, reason })]
  })
}
