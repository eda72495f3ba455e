import { unorganized } from '#contract/domain/organization.ts'
import { pipeline, type Pipeline, type PipelineFile } from '#contract/domain/pipeline.ts'
import type { StudioDatabase } from '../database/open.ts'

interface PipelineRow {
  id: string
  document: string
  organization: string | null
}

/** Launched pipelines, each kept as its document. */
export class PipelineQueries {
  readonly #list
  readonly #get
  readonly #put
  readonly #remove
  readonly #usersOf
  /** Parsed rows by id: parsing is the largest part of the time to list many. */
  readonly #parsed = new Map<string, { row: PipelineRow; pipeline: Pipeline }>()

  constructor(database: StudioDatabase) {
    // Sorted afterwards: SQLite would parse every document for it.
    this.#list = database.prepare<[], PipelineRow>('SELECT id, document, organization FROM pipeline ORDER BY id')
    this.#get = database.prepare<[string], PipelineRow>('SELECT id, document, organization FROM pipeline WHERE id = ?')
    this.#put = database.prepare<[string, string, string]>(
      'INSERT INTO pipeline (id, dataset, document) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document',
    )
    this.#remove = database.prepare<[string]>('DELETE FROM pipeline WHERE id = ?')
    this.#usersOf = database.prepare<[string], { id: string; digest: string }>(
      `SELECT id, document ->> 'datasetDigest' AS digest FROM pipeline WHERE dataset = ? AND document ->> 'imported' IS NULL ORDER BY id`,
    )
  }

  /** Oldest first. */
  list(): Pipeline[] {
    return this.#list
      .all()
      .map((row) => this.#pipelineOf(row))
      .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
  }

  get(id: string): Pipeline | undefined {
    const row = this.#get.get(id)
    return row === undefined ? undefined : this.#pipelineOf(row)
  }

  /** Adds a pipeline, or replaces its document. */
  put(document: PipelineFile): void {
    this.#put.run(document.id, document.dataset, JSON.stringify(document))
  }

  /** Removes a pipeline without runs. */
  remove(id: string): void {
    this.#remove.run(id)
    this.#parsed.delete(id)
  }

  /** The pipelines that use a dataset, with the digest of its version. An imported run only names it. */
  usersOf(dataset: string): { id: string; digest: string }[] {
    return this.#usersOf.all(dataset)
  }

  #pipelineOf(row: PipelineRow): Pipeline {
    const known = this.#parsed.get(row.id)
    if (known !== undefined && known.row.document === row.document && known.row.organization === row.organization)
      return known.pipeline
    const parsed = fromRow(row)
    this.#parsed.set(row.id, { row, pipeline: parsed })
    return parsed
  }
}

function fromRow({ document, organization }: PipelineRow): Pipeline {
  const file: unknown = JSON.parse(document)
  return pipeline.parse({
    ...(typeof file === 'object' ? file : {}),
    organization: organization === null ? unorganized : JSON.parse(organization),
  })
}
