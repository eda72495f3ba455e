import type { MetricValue, Series } from '#contract/domain/metric.ts'

/** Last values of some curves over the steps `from`..`to`; undefined where a curve has none. */
export interface TableRow {
  from: number
  to: number
  values: (MetricValue | undefined)[]
}

/** Lays curves side by side: a row for each bucket, named by where it ends, because its value is the last one in it. */
export function tableRows(curves: readonly Series[]): TableRow[] {
  const rows = new Map<number, TableRow>()
  curves.forEach((series, index) => {
    series.start.forEach((from, bucket) => {
      const to = Math.min(from + series.width - 1, series.lastStep)
      const row = rows.get(to) ?? { from, to, values: curves.map(() => undefined) }
      row.from = Math.min(row.from, from)
      row.values[index] = series.last[bucket]
      rows.set(to, row)
    })
  })
  return [...rows.values()].toSorted((a, b) => a.to - b.to)
}
