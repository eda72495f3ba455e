import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import type { DatasetStatistics } from '#contract/domain/dataset-statistics.ts'
import { type ClassBalance, defaultSplitSet, type LabelSet, type SplitSetName } from '#contract/domain/dataset.ts'
import type { Split } from '#contract/domain/split.ts'
import type { StudioDatabase } from '../database/open.ts'
import { quoted } from '../database/query-functions.ts'
import { Recent } from './recent.ts'
import { indexIn } from './rows.ts'

/** Results that are kept: a dataset has up to four split sets. */
const keptResults = 16

/** Counts the samples of datasets, in SQL. Results are kept by what they depend on. */
export class SampleCounts {
  readonly #database: StudioDatabase
  readonly #results = new Recent<DatasetStatistics>(keptResults)

  constructor(database: StudioDatabase) {
    this.#database = database
  }

  /**
   * @param key of the dataset in the tables
   * @param splitSet one of the dataset
   */
  of(key: number, detail: DatasetDetail, splitSet: SplitSetName): DatasetStatistics {
    return this.#results.get(`${key} ${detail.digest} ${detail.exclusions?.digest ?? ''} ${splitSet}`, () =>
      this.#count(key, detail, splitSet),
    )
  }

  #count(key: number, detail: DatasetDetail, splitSet: SplitSetName): DatasetStatistics {
    const split = splitSet === defaultSplitSet ? 'split' : `(splits ->> ${quoted(`$."${splitSet}"`)})`
    const { name, digest, exclusions, labelSets, boxClasses, report, videoCount, sampleCount } = detail
    return {
      name,
      digest,
      exclusions,
      labelSets,
      ...(boxClasses === undefined ? {} : { boxClasses }),
      report,
      videoCount,
      sampleCount,
      counts: new Map(
        this.#rows<[Split | null, number]>(`SELECT ${split}, count(*) FROM sample WHERE dataset = ? GROUP BY 1`, key),
      ),
      balance:
        splitSet === defaultSplitSet
          ? detail.balance
          : labelSets.flatMap((labelSet) => balanceOfRows(this.#database, key, labelSet, split)),
      lengths: this.#rows<[number, number]>(
        'SELECT frame_count, count(*) FROM sample WHERE dataset = ? GROUP BY 1 ORDER BY 1',
        key,
      ),
    }
  }

  #rows<Row>(sql: string, key: number): Row[] {
    return this.#database.prepare<[number], Row>(sql).raw().all(key)
  }
}

/**
 * Samples of each class of a label set by split, as `balanceOf` counts them.
 * @param split SQL expression of the split of a sample
 */
export function balanceOfRows(
  database: StudioDatabase,
  key: number,
  { name, classes }: LabelSet,
  split: string,
): ClassBalance[] {
  const empty = (label: string | null): ClassBalance => ({ labelSet: name, label, train: 0, validation: 0, test: 0 })
  const known = classes.map(empty)
  const unknown = empty(null)
  const counts = database
    .prepare<[number], [number | null, Split | null, number]>(
      `SELECT ${indexIn(name)}, ${split}, count(*) FROM sample WHERE dataset = ? GROUP BY 1, 2`,
    )
    .raw()
  for (const [index, of, count] of counts.all(key)) if (of !== null) (known[index ?? -1] ?? unknown)[of] += count
  return unknown.train + unknown.validation + unknown.test > 0 ? [...known, unknown] : known
}
