import { pipeline, type Pipeline } from '#contract/domain/pipeline.ts'
import type { StudioDatabase } from '../database/open.ts'

/** Launched pipelines, each kept as its document. */
export class PipelineQueries {
  readonly #list
  readonly #get
  readonly #add
  readonly #usersOf

  constructor(database: StudioDatabase) {
    this.#list = database.prepare<[], { document: string }>(
      `SELECT document FROM pipeline ORDER BY document ->> 'createdAt', id`,
    )
    this.#get = database.prepare<[string], { document: string }>('SELECT document FROM pipeline WHERE id = ?')
    this.#add = database.prepare<[string, string, string]>(
      'INSERT INTO pipeline (id, dataset, document) VALUES (?, ?, ?)',
    )
    this.#usersOf = database.prepare<[string], { id: string }>('SELECT id FROM pipeline WHERE dataset = ? ORDER BY id')
  }

  /** Oldest first. */
  list(): Pipeline[] {
    return this.#list.all().map(({ document }) => pipeline.parse(JSON.parse(document)))
  }

  get(id: string): Pipeline | undefined {
    const row = this.#get.get(id)
    return row === undefined ? undefined : pipeline.parse(JSON.parse(row.document))
  }

  add(document: Pipeline): void {
    this.#add.run(document.id, document.dataset, JSON.stringify(document))
  }

  /** Ids of the pipelines that use a dataset. */
  usersOf(dataset: string): string[] {
    return this.#usersOf.all(dataset).map(({ id }) => id)
  }
}
