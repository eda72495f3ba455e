import { whyNotSameTest } from '#contract/comparison/class-accuracies.ts'
import { type DataDifference, dataDifferenceNames, otherData } from '#contract/comparison/same-data.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatList } from '#contract/format.ts'

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
    ...(runs.length > namedRuns ? [`${runs.length - namedRuns} others`] : []),
  ])

/** What keeps metrics of some runs from being compared with those of the baseline, as sentences. */
export const dataNotes = (runs: readonly ComparedRun[]): string[] =>
  otherData(runs).map(({ reason, runs: of }) => dataNote(reason, namesOf(of)))
const dataNote = (reason: DataDifference, names: string): string =>
  reason === 'stage'
    ? `No differences of another stage than the baseline: ${names}.`
    : `With ${dataDifferenceNames[reason]} than the baseline, which is part of the differences: ${names}.`

/** Why test results of some runs are not those of the test of the baseline, as sentences. */
export function testNotes(runs: readonly ComparedRun[]): string[] {
  const [baseline, ...others] = runs
  if (baseline === undefined || others.length === 0) return []
  if (baseline.run.result === null) return ['The baseline has no test result, so there are no differences.']
  return others.flatMap((other) => {
    const reason = other.run.result === null ? undefined : whyNotSameTest(baseline, other)
    return reason === undefined ? [] : [`${other.label}: not the same test as the baseline. ${reason}`]
  })
}
