import type { PipelineFile } from '#contract/domain/pipeline.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { type Stage, stageSchema } from '#contract/stages/index.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { RunQueries } from '../runs/queries.ts'
import { indexParameters } from '../runs/search.ts'
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
  indexParameters(tables.database)
}

/** A pipeline and its runs, which wait in the queue. A run without a file is added with what the pipeline says of it. */
export function addPipeline(
  { database, pipelines, runs }: PipelineTables,
  document: PipelineFile,
  files: ReadonlyMap<string, RunFile | undefined>,
): void {
  database.transaction(() => {
    pipelines.put(document)
    for (const [id, file] of files) addRun({ runs }, document, id, file)
    indexParameters(database, document.id)
  })()
}

export function addRun(
  { runs }: Pick<PipelineTables, 'runs'>,
  document: PipelineFile,
  id: string,
  file: RunFile | undefined,
): void {
  const common = { id, pipelineId: document.id, preset: document.preset, queuedAt: document.createdAt }
  if (file !== undefined) {
    const { task, dataset, inputs, request, createdAt } = file
    const { name, labels } = dataset
    runs.add({ ...common, stage: task.stage, dataset: name, labels, inputs, request, createdAt })
  } else {
    const { dataset, labels, createdAt } = document
    runs.add({ ...common, stage: stageOf(id), dataset, labels, inputs: {}, request: null, createdAt })
  }
}

/** The stage of a run from its id, `<pipeline>.<stage>`. */
const stageOf = (id: string): Stage => stageSchema.parse(id.slice(id.lastIndexOf('.') + 1))

/** Reports folders in `runs/` that belong to no pipeline, one sentence for each lost pipeline. */
export function reportStrayRuns(
  store: PipelineStore,
  { runs }: PipelineTables,
  onProblem: (error: unknown) => void,
): void {
  const known = new Set(runs.list().map(({ id }) => id))
  const pipelineIds = new Set(store.ids())
  const lost = new Map<string, string[]>()
  for (const name of store.runFolders()) {
    if (known.has(name)) continue
    const id = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    // A damaged pipeline has been reported already.
    if (pipelineIds.has(id)) continue
    if (isStage(name.slice(id.length + 1))) lost.set(id, [...(lost.get(id) ?? []), name])
    else onProblem(new Error(`The folder runs/${name} is not a run of this workspace. It was left alone.`))
  }
  for (const [id, names] of lost)
    onProblem(
      new Error(
        `The file pipelines/${id}.json is missing, so its runs are not listed: ${names.join(', ')}. Restore the file from a backup, then run reindex.`,
      ),
    )
}

const isStage = (name: string): boolean => stageSchema.safeParse(name).success
