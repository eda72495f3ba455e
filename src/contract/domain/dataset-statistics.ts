import type { DatasetDetail } from './dataset-detail.ts'
import type { ClassBalance, LabelSet, Split } from './dataset.ts'
import type { SplitDrawing } from './split-drawing.ts'

/** Counts of the samples of a dataset in one split set, by which requests are checked. */
export interface DatasetStatistics extends Pick<
  DatasetDetail,
  'name' | 'digest' | 'exclusions' | 'labelSets' | 'boxClasses' | 'report' | 'videoCount' | 'sampleCount'
> {
  /** How the splits of the split set were drawn; absent if none were, and from reports of earlier versions. */
  readonly drawing?: SplitDrawing
  /** Samples by split; `null` are those of no split. */
  readonly counts: ReadonlyMap<Split | null, number>
  /** Of every label set. */
  readonly balance: readonly ClassBalance[]
  /** How many samples have how many frames, shortest first. */
  readonly lengths: readonly (readonly [frames: number, samples: number])[]
}

/** The class balance of one label set. */
export const balanceIn = ({ balance }: Pick<DatasetStatistics, 'balance'>, labelSet: string): ClassBalance[] =>
  balance.filter((entry) => entry.labelSet === labelSet)

/** Samples of a split; with a label set, only those whose class is known. */
export function countIn(statistics: DatasetStatistics, split: Split, labelSet?: string): number {
  if (labelSet === undefined) return statistics.counts.get(split) ?? 0
  return balanceIn(statistics, labelSet).reduce((sum, row) => sum + (row.label === null ? 0 : row[split]), 0)
}

/** Training samples of each class of a label set. */
export const trainingCounts = (statistics: Pick<DatasetStatistics, 'balance'>, { name }: LabelSet): number[] =>
  balanceIn(statistics, name).flatMap(({ label, train }) => (label === null ? [] : [train]))
