import { type TestResult, trainedAccuracy } from '../domain/result.ts'

/** A share of one run and its difference to the baseline. */
export interface ResultCell {
  share: number
  /** Difference to the first run, the baseline; null for that run itself, and if it has no value. */
  difference: number | null
}
export interface ResultRow {
  label: string
  cells: (ResultCell | null)[]
}

/**
 * Top-1 and top-5 of some test results, with the differences to the baseline, the first one. Rows that no result has are left out: top-5 of few
 * classes, and top-1 over the classes with training videos if all had some.
 */
export function compareResults(results: readonly (TestResult | null)[]): ResultRow[] {
  return [
    { label: 'Top-1', cells: cellsOf(results.map((result) => result?.top1 ?? null)) },
    {
      label: 'Top-1 of classes with training videos',
      cells: cellsOf(results.map((result) => (result === null ? null : (trainedAccuracy(result)?.top1 ?? null)))),
    },
    { label: 'Top-5', cells: cellsOf(results.map((result) => result?.top5 ?? null)) },
  ].filter(({ cells }, index) => index === 0 || cells.some((cell) => cell !== null))
}

function cellsOf(shares: readonly (number | null)[]): (ResultCell | null)[] {
  const baseline = shares[0] ?? null
  return shares.map((share, index) =>
    share === null ? null : { share, difference: index === 0 || baseline === null ? null : share - baseline },
  )
}

/** A difference of shares in percentage points, with its sign. */
export function formatDifference(difference: number): string {
  const points = Math.round(difference * 1000) / 10
  return points === 0 ? '±0.0' : `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`
}
