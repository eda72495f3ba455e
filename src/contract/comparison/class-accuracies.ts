import { classScores } from '../domain/class-scores.ts'
import type { TestResult } from '../domain/result.ts'
import { wilsonInterval } from '../statistics.ts'
import type { RunOfPipeline } from './seed-groups.ts'

/** Accuracy of one run on the test videos of one class, as shares from 0 to 1. */
export interface ClassCell {
  readonly videos: number
  readonly correct: number
  /** Null without test videos. */
  readonly share: number | null
  /** 95 % interval of the share, by Wilson; null without test videos. */
  readonly interval: { readonly low: number; readonly high: number } | null
  /** Difference of the share to that of the first run; null for the first run, and if one of both is unknown. */
  readonly difference: number | null
}
/** Null for runs without a result or without the class. */
export interface ClassRow {
  readonly label: string
  readonly cells: readonly (ClassCell | null)[]
}

/** Accuracies per class of some results, the baseline first, in the order in which the results name the classes. */
export function classRows(results: readonly (TestResult | null)[]): ClassRow[] {
  const scores = results.map(
    (result) => new Map(result === null ? [] : classScores(result).map((score) => [score.label, score])),
  )
  const labels = [...new Set(scores.flatMap((byClass) => [...byClass.keys()]))]
  return labels.map((label) => {
    const baseline = scores[0]?.get(label)?.recall ?? null
    return {
      label,
      cells: scores.map((byClass, index): ClassCell | null => {
        const score = byClass.get(label)
        if (score === undefined) return null
        const { videos, correct, recall: share } = score
        return {
          videos,
          correct,
          share,
          interval: wilsonInterval(correct, videos) ?? null,
          difference: index === 0 || share === null || baseline === null ? null : share - baseline,
        }
      }),
    }
  })
}

export const classOrders = ['worst', 'best', 'name'] as const
export type ClassOrder = (typeof classOrders)[number]

/** The rows by the difference of one run to the baseline, or by name. Classes without a difference come last. */
export function sortClasses(rows: readonly ClassRow[], run: number, order: ClassOrder): ClassRow[] {
  if (order === 'name') return rows.toSorted((a, b) => a.label.localeCompare(b.label))
  const sign = order === 'worst' ? 1 : -1
  const rank = ({ cells }: ClassRow): number => {
    const difference = cells[run]?.difference ?? null
    return difference === null ? Number.POSITIVE_INFINITY : sign * difference
  }
  return rows.toSorted((a, b) => {
    const [first, second] = [rank(a), rank(b)]
    return first === second ? 0 : first - second
  })
}

type Tested = Pick<RunOfPipeline, 'pipeline'> & {
  readonly run: Pick<RunOfPipeline['run'], 'dataset' | 'labels' | 'result'>
}

/** Why two runs did not test the same videos of the same classes. */
export type TestDifference =
  | { readonly kind: 'baseline' | 'result' | 'classes' | 'version' | 'videos' }
  | { readonly kind: 'dataset'; readonly reference: string; readonly own: string }
  | { readonly kind: 'labels'; readonly reference: string | null; readonly own: string | null }

/** Why the confusion matrices of two runs cannot be subtracted; undefined if both tested the same videos of the same classes. */
export function testDifference(baseline: Tested, other: Tested): TestDifference | undefined {
  const [first, second] = [baseline.run.result, other.run.result]
  if (first === null) return { kind: 'baseline' }
  if (second === null) return { kind: 'result' }
  if (baseline.run.dataset !== other.run.dataset)
    return { kind: 'dataset', reference: baseline.run.dataset, own: other.run.dataset }
  if (baseline.run.labels !== other.run.labels)
    return { kind: 'labels', reference: baseline.run.labels, own: other.run.labels }
  if (first.classes.length !== second.classes.length || first.classes.some((name, at) => name !== second.classes[at]))
    return { kind: 'classes' }
  if (baseline.pipeline.datasetDigest !== other.pipeline.datasetDigest) return { kind: 'version' }
  const [before, after] = [videosByClass(first), videosByClass(second)]
  return before.some((count, at) => count !== after[at]) ? { kind: 'videos' } : undefined
}

const videosByClass = (result: TestResult): number[] => classScores(result).map(({ videos }) => videos)

/** Predictions of one true class: the second run minus the first, in videos. */
export interface ConfusionRow {
  readonly label: string
  readonly cells: readonly number[]
}
export interface ConfusionDifference {
  readonly classes: readonly string[]
  readonly rows: readonly ConfusionRow[]
  /** Classes that are not among them because others changed more. */
  readonly leftOut: number
  /** Largest absolute difference. */
  readonly largest: number
}

/** Difference of two confusion matrices of the same test, for at most `limit` classes: those whose predictions changed most. */
export function confusionDifference(baseline: TestResult, result: TestResult, limit: number): ConfusionDifference {
  const difference = (row: number, column: number) =>
    (result.confusion[row]?.[column] ?? 0) - (baseline.confusion[row]?.[column] ?? 0)
  const all = baseline.classes.map((_, index) => index)
  const changes = all.map((row) =>
    all.reduce((sum, column) => sum + Math.abs(difference(row, column)) + Math.abs(difference(column, row)), 0),
  )
  const shown = all
    .toSorted((a, b) => (changes[b] ?? 0) - (changes[a] ?? 0))
    .slice(0, limit)
    .toSorted((a, b) => a - b)
  const nameOf = (index: number) => baseline.classes[index] ?? ''
  const rows = shown.map((row) => ({ label: nameOf(row), cells: shown.map((column) => difference(row, column)) }))
  return {
    classes: shown.map(nameOf),
    rows,
    leftOut: all.length - shown.length,
    largest: Math.max(0, ...rows.flatMap(({ cells }) => cells.map(Math.abs))),
  }
}
