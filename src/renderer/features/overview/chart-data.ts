import { compareGroupValues } from '#contract/domain/run-groups.ts'
import { formatList } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

export type Value = string | number | null

/** A run as charts over runs see it: values by key. */
export interface ChartRun {
  readonly id: string
  readonly label: string
  readonly valueOf: (key: string) => Value
}

/** A key of runs that an axis can show. */
export interface ChartKey {
  readonly key: string
  readonly label: string
  readonly kind: 'fact' | 'parameter' | 'metric'
}

/** The values of a chart as a table, for screen readers and as CSV. Each row names the runs that it stands for. */
export interface ChartTable {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly cells: readonly Value[]; readonly runIds: readonly string[] }[]
}

/** A run with a value for each key that a chart needs. */
export interface Placed {
  readonly run: ChartRun
  readonly values: readonly (string | number)[]
}

/**
 * The runs with a usable value for each key, and a sentence about the others; empty if there are none. A missing value and a
 * number that is not finite have no position on an axis. `isNumeric` says which keys need a number.
 */
export function place(
  runs: readonly ChartRun[],
  keys: readonly (ChartKey & { readonly isNumeric?: boolean })[],
): { placed: Placed[]; leftOut: string } {
  const placed: Placed[] = []
  const reasons = new Map<string, { isMissing: boolean; label: string; count: number }>()
  for (const run of runs) {
    const values: (string | number)[] = []
    for (const { key, label, isNumeric } of keys) {
      const value = run.valueOf(key)
      if (value !== null && (typeof value === 'number' ? Number.isFinite(value) : isNumeric !== true)) {
        values.push(value)
        continue
      }
      const isMissing = typeof value !== 'number'
      const reason = `${isMissing} ${label}`
      reasons.set(reason, { isMissing, label, count: (reasons.get(reason)?.count ?? 0) + 1 })
      break
    }
    if (values.length === keys.length) placed.push({ run, values })
  }
  const count = runs.length - placed.length
  const leftOut =
    count === 0
      ? ''
      : t('overview.leftOut.all', {
          reasons: formatList(
            [...reasons.values()].map(({ isMissing, ...values }) =>
              isMissing ? t('overview.leftOut.missing', values) : t('overview.leftOut.notFinite', values),
            ),
          ),
        })
  return { placed, leftOut }
}

/** Distinct values in the order of groups. */
export const distinct = (values: readonly (string | number)[]): (string | number)[] =>
  [...new Set(values)].toSorted(compareGroupValues)
