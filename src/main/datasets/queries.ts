import { datasetSummary, type DatasetSummary } from '#contract/domain/dataset.ts'
import type { StudioDatabase } from '../database/open.ts'

/** The table of datasets: what lists show. Samples are only in the manifest. */
export class DatasetQueries {
  readonly #list
  readonly #get
  readonly #put
  readonly #remove

  constructor(database: StudioDatabase) {
    this.#list = database.prepare<[], { summary: string }>('SELECT summary FROM dataset ORDER BY name')
    this.#get = database.prepare<[string], { summary: string }>('SELECT summary FROM dataset WHERE name = ?')
    this.#put = database.prepare<[string, string]>('INSERT OR REPLACE INTO dataset (name, summary) VALUES (?, ?)')
    this.#remove = database.prepare<[string]>('DELETE FROM dataset WHERE name = ?')
  }

  list(): DatasetSummary[] {
    return this.#list.all().map(({ summary }) => datasetSummary.parse(JSON.parse(summary)))
  }

  get(name: string): DatasetSummary | undefined {
    const row = this.#get.get(name)
    return row === undefined ? undefined : datasetSummary.parse(JSON.parse(row.summary))
  }

  put(summary: DatasetSummary): void {
    this.#put.run(summary.name, JSON.stringify(summary))
  }

  remove(name: string): void {
    this.#remove.run(name)
  }
}
