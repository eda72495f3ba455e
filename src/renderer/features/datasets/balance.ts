import { coverageWarnings } from '#contract/domain/class-coverage.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import type { ClassBalance, Split } from '#contract/domain/dataset.ts'
import { t } from '../../ui/language.ts'

export interface BalanceRow {
  label: string | null
  counts: Record<Split, number>
  total: number
  /** Length of the bar: share of the largest class, 0 to 1. 0 for videos without a label, which often outnumber all classes. */
  length: number
}

/** One row per class of a label set, then one for videos without a label. */
export function balanceRows(balance: readonly ClassBalance[], labelSet: string): BalanceRow[] {
  const rows = balance
    .filter((entry) => entry.labelSet === labelSet)
    .map(({ label, train, validation, test }) => ({
      label,
      counts: { train, validation, test },
      total: train + validation + test,
    }))
  const largest = Math.max(1, ...rows.map((row) => (row.label === null ? 0 : row.total)))
  return rows
    .map((row) => ({ ...row, length: row.label === null ? 0 : row.total / largest }))
    .toSorted((a, b) => Number(a.label === null) - Number(b.label === null))
}

/** Samples of the training split; all samples of a dataset without label sets, which has no counts by split. */
export function trainingSamplesOf({ labelSets, balance, sampleCount }: TrainingSource): number {
  const [first] = labelSets
  if (first === undefined) return sampleCount
  return balance.reduce((sum, { labelSet, train }) => sum + (labelSet === first.name ? train : 0), 0)
}
type TrainingSource = Pick<DatasetDetail, 'labelSets' | 'balance' | 'sampleCount'>

/** Warnings if a split lacks a class, and if the classes are unbalanced. */
export function balanceWarnings(balance: readonly ClassBalance[], labelSet: string): string[] {
  const missing = coverageWarnings(balance, labelSet, ['train', 'test', 'validation'])
  if (missing.length > 0) return missing
  const totals = balanceRows(balance, labelSet).flatMap(({ label, total }) => (label === null ? [] : [total]))
  const [smallest, largest] = [Math.min(...totals), Math.max(...totals)]
  return totals.length > 1 && largest >= 5 * smallest
    ? [t('datasets.balance.unbalanced', { times: Math.round(largest / smallest) })]
    : []
}
