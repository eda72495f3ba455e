import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import { formatQuantity } from '#contract/format.ts'
import { importedModelFiles } from '#contract/layout.ts'
import type { DiskReserve } from '#node/disk-reserve.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import { CheckpointQueries } from '../checkpoints/queries.ts'
import { openDatabase, requireKnown, type StudioDatabase } from '../database/open.ts'
import { DamagedDatabase, isDamage, setAside } from '../database/recovery.ts'
import { indexDatasets } from '../datasets/indexing.ts'
import { DatasetQueries } from '../datasets/queries.ts'
import { DatasetStore } from '../datasets/store.ts'
import { pollLocalJobs } from '../executors/local.ts'
import { ExperimentStore } from '../experiments/store.ts'
import { MetricQueries } from '../metrics/queries.ts'
import { ModelStore } from '../models/store.ts'
import { indexOrganizations } from '../organization/service.ts'
import { indexPipelines, reportStrayRuns } from '../pipelines/indexing.ts'
import { PipelineQueries } from '../pipelines/queries.ts'
import { PipelineStore } from '../pipelines/store.ts'
import { ProbeStore } from '../probes/store.ts'
import { RunLedger } from '../runs/ledger.ts'
import { RunQueries } from '../runs/queries.ts'
import { TrashFolder } from '../trash/folder.ts'
import { sentenceOf, StartupProblems } from './startup-problems.ts'
import { openWorkspace } from './workspace.ts'

export interface ReindexReport {
  datasets: number
  pipelines: number
  runs: number
  points: number
  /** Imported models, probes and experiments. They are not in the database, but must be readable. */
  models: number
  probes: number
  experiments: number
  /** Files that could not be read, as sentences. */
  problems: string[]
}

/**
 * Rebuilds the database from the folders of a workspace, which no studio may have open. The new database replaces the old one
 * once it is complete.
 */
export async function reindex(options: { workspace: string }): Promise<ReindexReport> {
  const workspace = openWorkspace(options.workspace)
  try {
    refuseNewer(workspace.database)
    const rebuilt = `${workspace.database}.rebuilt`
    removeDatabase(rebuilt)
    const report = await fill(workspace, rebuilt)
    removeDatabase(workspace.database)
    renameSync(rebuilt, workspace.database)
    return report
  } finally {
    workspace.close()
  }
}

/**
 * Opens the database of a workspace. A damaged one is moved aside and rebuilt from the folders; `onProblem` learns it.
 * @param reserve is given up if the disk is too full to open a database
 */
export async function openOrRebuild(
  workspace: WorkspacePaths,
  onProblem: (error: unknown) => void,
  reserve: DiskReserve,
): Promise<StudioDatabase> {
  try {
    const database = reserve.use(() =>
      openDatabase(workspace.database, undefined, (sentence) => onProblem(new Error(sentence))),
    )
    try {
      return readable(database, workspace.database)
    } catch (cause) {
      database.close()
      throw cause
    }
  } catch (cause) {
    if (!(cause instanceof DamagedDatabase)) throw cause
    const rebuilt = `${workspace.database}.rebuilt`
    removeDatabase(rebuilt)
    const { runs, points, problems } = await fill(workspace, rebuilt)
    const aside = setAside(workspace.database)
    renameSync(rebuilt, workspace.database)
    onProblem(
      new Error(
        `${cause.message} It was rebuilt from the files of the workspace: ${formatQuantity(runs, 'run')}, ${formatQuantity(points, 'point')}. The damaged one is kept as ${aside}.`,
      ),
    )
    for (const problem of problems) onProblem(new Error(problem))
    return openDatabase(workspace.database)
  }
}

/** @throws DamagedDatabase if a row does not fit its schema: the pages of a database with changed bytes may be whole */
function readable(database: StudioDatabase, file: string): StudioDatabase {
  try {
    new RunQueries(database).list()
    new PipelineQueries(database).list()
    return database
  } catch (cause) {
    throw new DamagedDatabase(file, `a row cannot be read (${sentenceOf(cause).split('\n')[0]})`, cause)
  }
}

/** What a newer studio stores may not be in the folders alone. @throws StudioError `workspace-newer` */
function refuseNewer(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return
  const database = new Database(file, { readonly: true })
  try {
    requireKnown(database, file)
  } catch (cause) {
    if (!isDamage(cause)) throw cause
  } finally {
    database.close()
  }
}

async function fill(workspace: WorkspacePaths, file: string): Promise<ReindexReport> {
  const database = openDatabase(file)
  try {
    const problems: string[] = []
    const found = new StartupProblems(database, (error) => problems.push(sentenceOf(error)))
    const onProblem = found.report
    const tables = {
      database,
      runs: new RunQueries(database),
      metrics: new MetricQueries(database),
      checkpoints: new CheckpointQueries(database),
      pipelines: new PipelineQueries(database),
    }
    const datasets = indexDatasets(new DatasetStore(workspace.datasets), new DatasetQueries(database), onProblem)
    const store = new PipelineStore(workspace)
    const trash = new TrashFolder(workspace)
    for (const entry of await trash.recover(onProblem)) trash.forget(entry)
    indexPipelines(store, tables, onProblem)
    reportStrayRuns(store, tables, onProblem)
    indexOrganizations({ workspace, database }, onProblem)
    await new RunLedger(tables, workspace.runs).reconcile({ poll: pollLocalJobs }, onProblem)
    const models = new ModelStore(workspace.models).list(onProblem).length
    const probes = new ProbeStore(workspace.probes).list(onProblem).length
    const experiments = new ExperimentStore(workspace.experiments).list(onProblem).length
    reportMissing(tables.pipelines.list(), workspace, onProblem)
    await found.finish()
    return {
      datasets: datasets.length,
      pipelines: tables.pipelines.list().length,
      runs: tables.runs.list().length,
      points: tables.metrics.pointCount(),
      models,
      probes,
      experiments,
      problems,
    }
  } finally {
    database.close()
  }
}

/** Reports datasets of pipelines that are gone, and folders of imported models without a card. */
function reportMissing(
  pipelines: readonly Pipeline[],
  { datasets, models }: WorkspacePaths,
  onProblem: (error: unknown) => void,
): void {
  for (const name of new Set(pipelines.flatMap(({ dataset, imported }) => (imported === undefined ? [dataset] : []))))
    if (!existsSync(join(datasets, name)))
      onProblem(new Error(`The dataset ${name} is missing: a pipeline was trained on it, but its folder is gone.`))
  for (const entry of readdirSync(models, { withFileTypes: true }))
    if (
      entry.isDirectory() &&
      !entry.name.startsWith('.') &&
      !existsSync(join(models, entry.name, importedModelFiles.card))
    )
      onProblem(
        new Error(
          `The imported model ${entry.name} is not listed: its ${importedModelFiles.card} is missing. Restore it from a backup, or remove the folder and import the model again.`,
        ),
      )
}

function removeDatabase(file: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { recursive: true, force: true })
}
