import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { RunFile } from '#contract/domain/run.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { RunQueries } from '../runs/queries.ts'
import type { PipelineQueries } from './queries.ts'
import type { PipelineStore } from './store.ts'

export interface PipelineTables {
  readonly database: StudioDatabase
  readonly pipelines: PipelineQueries
  readonly runs: RunQueries
}

/** Adds the pipelines that are in the folder but not in the table, oldest first, with their runs. */
export function indexPipelines(
  store: PipelineStore,
  tables: PipelineTables,
  onProblem: (error: unknown) => void,
): void {
  const missing = store.ids().filter((id) => tables.pipelines.get(id) === undefined)
  const found = missing.flatMap((id) => {
    try {
      return [store.read(id)]
    } catch (cause) {
      onProblem(cause)
      return []
    }
  })
  for (const { document, files } of found.toSorted((a, b) => (a.document.createdAt < b.document.createdAt ? -1 : 1)))
    addPipeline(tables, document, files)
}

/** A pipeline and its runs, which wait in the queue. */
export function addPipeline(
  { database, pipelines, runs }: PipelineTables,
  document: Pipeline,
  files: readonly RunFile[],
): void {
  database.transaction(() => {
    pipelines.add(document)
    for (const file of files) runs.add({ file, preset: document.preset, queuedAt: document.createdAt })
  })()
}
