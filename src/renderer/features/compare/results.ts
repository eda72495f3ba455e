import { type TestResult, trainedAccuracy } from '#contract/domain/result.ts'
import { classScores } from '../../ui/run/confusion.ts'

/** A share of one run and its difference to the baseline. */
export interface ResultCell {
  share: number
  /** Difference to the first run that has a value; null for that run itself. */
  difference: number | null
}
export interface ResultRow {
  label: string
  cells: (ResultCell | null)[]
}

/**
 * Top-1, top-5 and accuracy per class of some test results, with the differences to the first one. Rows that no result has are left out:
 * top-5 of few classes, and top-1 over the classes with training videos if all had some.
 */
export function compareResults(results: readonly (TestResult | null)[]): {
  overall: ResultRow[]
  classes: ResultRow[]
} {
  const scores = results.map(
    (result) => new Map(result === null ? [] : classScores(result).map((score) => [score.label, score.recall])),
  )
  const labels = [...new Set(scores.flatMap((byClass) => [...byClass.keys()]))]
  return {
    overall: [
      { label: 'Top-1', cells: cellsOf(results.map((result) => result?.top1 ?? null)) },
      {
        label: 'Top-1 of classes with training videos',
        cells: cellsOf(results.map((result) => (result === null ? null : (trainedAccuracy(result)?.top1 ?? null)))),
      },
      { label: 'Top-5', cells: cellsOf(results.map((result) => result?.top5 ?? null)) },
    ].filter(({ cells }, index) => index === 0 || cells.some((cell) => cell !== null)),
    classes: labels.map((label) => ({ label, cells: cellsOf(scores.map((byClass) => byClass.get(label) ?? null)) })),
  }
}

function cellsOf(shares: readonly (number | null)[]): (ResultCell | null)[] {
  const baseline = shares.findIndex((share) => share !== null)
  return shares.map((share, index) =>
    share === null ? null : { share, difference: index === baseline ? null : share - (shares[baseline] ?? 0) },
  )
}

/** A difference of shares in percentage points, with its sign. */
export function formatDifference(difference: number): string {
  const points = Math.round(difference * 1000) / 10
  return points === 0 ? '±0.0' : `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`
}
