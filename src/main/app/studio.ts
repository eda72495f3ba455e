import { join } from 'node:path'
import { runFile } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { DiskReserve } from '#node/disk-reserve.ts'
import { readJson } from '#node/json-file.ts'
import { Keys } from '../access/keys.ts'
import { openCaches } from '../caches/open-caches.ts'
import { ExportRecords } from '../checkpoints/exports.ts'
import { CheckpointQueries } from '../checkpoints/queries.ts'
import { Checkpoints } from '../checkpoints/service.ts'
import { LogCheckpoints } from '../database/log-checkpoints.ts'
import { folderTaskRunner } from '../datasets/folder-tasks.ts'
import { DatasetQueries } from '../datasets/queries.ts'
import { Datasets } from '../datasets/service.ts'
import { localExecutor } from '../executors/local.ts'
import { CardWatch } from '../executors/machine-cards.ts'
import { taskRunner } from '../executors/task.ts'
import { ExperimentReports } from '../experiments/report.ts'
import { Experiments } from '../experiments/service.ts'
import { RunImports } from '../interop/import-service.ts'
import { RunExports } from '../interop/service.ts'
import { MetricQueries } from '../metrics/queries.ts'
import { Metrics } from '../metrics/service.ts'
import { ModelResolver, splitSetOf } from '../models/resolve.ts'
import { Models } from '../models/service.ts'
import { indexOrganizations, Organizations } from '../organization/service.ts'
import { PipelineQueries } from '../pipelines/queries.ts'
import { Pipelines } from '../pipelines/service.ts'
import { Probes } from '../probes/service.ts'
import { Reports } from '../reports/service.ts'
import { RunLedger } from '../runs/ledger.ts'
import type { StallLimits } from '../runs/progress-watch.ts'
import { RunQueries } from '../runs/queries.ts'
import { QueueService } from '../runs/queue-service.ts'
import { Runs } from '../runs/service.ts'
import { Supervisor } from '../runs/supervisor.ts'
import { cardStatuses } from '../scheduler/cards.ts'
import { slotsOf } from '../scheduler/slots.ts'
import { Settings } from '../settings/service.ts'
import { readLaunchCode } from '../system/launch-code.ts'
import { System } from '../system/service.ts'
import { Trash } from '../trash/service.ts'
import { SavedViews } from '../views/service.ts'
import { mediaFile } from './media.ts'
import { openOrRebuild } from './reindex.ts'
import { createRouter, type Router } from './router.ts'
import { printProblem, StartupProblems } from './startup-problems.ts'
import { watchRuns } from './watch-runs.ts'
import { openWorkspace } from './workspace.ts'

export interface StudioOptions {
  readonly workspace: string
  readonly shell: 'electron' | 'browser'
  readonly version: string
  /** Folder of the installation, whose git commit a launch records. */
  readonly root?: string
  /** Absolute path of `resources/`. */
  readonly resources: string
  /** Absolute path of the training child's entry. */
  readonly trainingEntry: string
  /** Node.js that runs the training child; this one by default. */
  readonly nodePath?: string
  /** False for a command that only looks: queued runs stay in the queue, and no previews are made. True by default. */
  readonly works?: boolean
  /** When a run without progress counts as stalled. */
  readonly stallLimits?: StallLimits
}

export interface Studio {
  readonly router: Router
  /** Absolute path of the workspace. */
  readonly workspace: string
  /** Browsers that may open the studio. */
  readonly keys: Keys
  /** Absolute file behind a `/media/...` path, inside the workspace; undefined for anything else. */
  mediaFile(urlPath: string): string | undefined
  /** Ends the studio's tasks and releases the workspace. Runs continue. */
  close(): Promise<void>
}

/**
 * Opens a workspace and builds every service over it. Throws `workspace-in-use`, `workspace-read-only` or `workspace-newer`.
 * Follows runs that outlived an earlier studio, and starts queued ones.
 */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const workspace = openWorkspace(options.workspace)
  try {
    return await build(options, workspace)
  } catch (cause) {
    workspace.close()
    throw cause
  }
}

/** Space for the ends of runs when the disk is full. */
const reservedBytes = 4 * 2 ** 20

async function build(options: StudioOptions, workspace: ReturnType<typeof openWorkspace>): Promise<Studio> {
  const works = options.works ?? true
  const reserve = new DiskReserve(workspace.reserve, reservedBytes)
  const database = await openOrRebuild(workspace, printProblem, reserve)
  const logCheckpoints = new LogCheckpoints(database)
  const problems = new StartupProblems(database, printProblem)
  const { report } = problems
  const program = { nodePath: options.nodePath ?? process.execPath, trainingEntry: options.trainingEntry }
  const runTask = taskRunner(program)
  const tables = {
    database,
    pipelines: new PipelineQueries(database),
    runs: new RunQueries(database),
    metrics: new MetricQueries(database),
    checkpoints: new CheckpointQueries(database),
  }
  const ledger = new RunLedger(tables, workspace.runs)
  const settings = new Settings(workspace.settings, report)
  const executor = localExecutor(program)
  const cards = new CardWatch()
  if (works) reserve.ensure()
  const keys = new Keys(workspace.access)
  const supervisor = new Supervisor({
    ledger,
    executor,
    cards,
    reserve,
    slots: () => slotsOf(executor.describe(), settings.get().scheduler.slots),
    startsRuns: works,
    stallLimits: options.stallLimits,
    onProblem: report,
  })
  settings.changes.subscribe(() => supervisor.schedule())
  const caches = openCaches(workspace, { settings, runTask, datasets: () => datasets, onProblem: report })
  const isBusy = () => supervisor.isBusy

  const datasets = new Datasets({
    workspace,
    database,
    runTask,
    runFolderTask: folderTaskRunner(program),
    usersOf: (dataset) => tables.pipelines.usersOf(dataset),
    isBusy: () => isBusy() || !works,
    onProblem: report,
  })
  const stored = new DatasetQueries(database)
  const runs = new Runs({ ledger, pipelines: tables.pipelines, supervisor, dataset: (name) => stored.get(name) })
  const queue = new QueueService({ ledger, supervisor, executor, settings, row: (id) => runs.row(id) })
  const organizations = new Organizations({ workspace, database, onChange: (items) => runs.organized(items) })
  const trash = new Trash({
    workspace,
    tables,
    ledger,
    executor,
    isActive: (id) => supervisor.isActive(id),
    onRemoved: (removed) => runs.removed(removed),
    onChanged: (pipelineId) => runs.launched(pipelineId),
    onProblem: report,
  })
  const models = new Models({
    workspace,
    runTask,
    usersOf: (name) =>
      tables.runs
        .list()
        .filter((row) => row.status !== 'finished' && Object.values(row.inputs).includes(name))
        .map(({ id }) => id),
    onProblem: report,
  })
  const resolver = new ModelResolver({
    importedModel: (name) => ({ card: models.get(name), folder: models.folder(name) }),
    runFolder: (id) => runs.folder(id),
    checkpoint: (runId, step) => tables.checkpoints.card(runId, step),
  })
  const readRun = (id: string) => readJson(join(runs.folder(id), runFiles.run), runFile)
  const pipelines = new Pipelines({
    workspace,
    tables,
    runTask,
    machine: () => executor.describe(),
    cards: async () => (await cards.refresh()).visible,
    presets: join(options.resources, 'presets'),
    version: options.version,
    code: () => readLaunchCode(options.version, options.root),
    datasets,
    requireUnchanged: (name) => datasets.requireUnchanged(name),
    models: {
      run: (id) => ({ status: runs.get(id).run.status, file: readRun(id) }),
      find: (ref) => resolver.find(ref),
    },
    isBusy,
    onLaunch: (pipelineId) => runs.launched(pipelineId),
    onProblem: report,
  })
  const metrics = new Metrics(
    tables.metrics,
    (runId) => runs.keyOf(runId),
    (runId) => runs.latestTime(runId),
  )
  const exported = (id: string) => {
    const { run, pipeline } = runs.get(id)
    return { run, pipeline, events: join(runs.folder(id), runFiles.events) }
  }
  const reports = new Reports({
    run: (id) => runs.get(id),
    environments: (ids) => runs.environments(ids),
    series: (request) => metrics.series(request),
    presets: () => pipelines.presets(),
    version: options.version,
  })
  const runExports = new RunExports(exported, () => settings.get().tensorboard)
  const runImports = new RunImports({
    workspace,
    tables,
    ledger,
    organize: (changes) => organizations.change(changes),
    onImport: (pipelineId) => runs.launched(pipelineId),
    onChange: (runId, fromStep) => {
      supervisor.changes.publish(runId)
      supervisor.deltas.publish({ type: 'rewound', runId, fromStep })
    },
  })
  const checkpoints = new Checkpoints({
    queries: tables.checkpoints,
    records: new ExportRecords(workspace.exports),
    runTask,
    resolver,
    requireRun: (runId) => void runs.folder(runId),
  })
  const probes = new Probes({
    workspace,
    runTask,
    datasets,
    resolver,
    splitSetOf: (model) => splitSetOf(model, readRun),
    onProblem: report,
  })
  const experiments = new Experiments({
    folder: workspace.experiments,
    version: options.version,
    works,
    pipelines,
    runs,
    find: {
      pipeline: (id) => tables.pipelines.get(id),
      run: (id) => tables.runs.get(id),
      card: (id) => tables.checkpoints.card(id),
      dataset: (name) => stored.get(name),
    },
    probes,
    onProblem: report,
  })
  const experimentReports = new ExperimentReports({
    experiment: (id) => experiments.get(id),
    presets: () => pipelines.presets(),
    version: options.version,
  })
  const system = new System({
    version: options.version,
    workspace: workspace.root,
    shell: options.shell,
    runTask,
    cards: async () => {
      const { all, visible } = await cards.refresh()
      return {
        cards: cardStatuses(all.cards, visible.cards, supervisor.cardHolders()),
        problem: visible.problem,
      }
    },
  })

  const watched = { workspace, works, tables, settings, supervisor, runs, pipelines, checkpoints, exported }
  const watching = watchRuns({ ...watched, onProblem: report })

  supervisor.changes.subscribe((id) => experiments.runChanged(id))
  supervisor.idle.subscribe(() => datasets.resumePreviews())
  const steps = [
    () => trash.open(),
    () => pipelines.open(),
    () => indexOrganizations({ workspace, database }, report),
    () => supervisor.open(),
    () => datasets.open(works),
    () => experiments.open(),
    () => watching.open(),
  ]
  for (const step of steps) await problems.attempt(step)
  await problems.finish()

  return {
    router: createRouter({
      datasets,
      pipelines,
      experiments,
      experimentReports,
      runs,
      queue,
      organizations,
      trash,
      views: new SavedViews(workspace.views),
      runExports,
      runImports,
      reports,
      metrics,
      checkpoints,
      models,
      probes,
      settings,
      caches,
      ...watching.services,
      system,
      keys,
    }),
    workspace: workspace.root,
    keys,
    mediaFile: (urlPath) => mediaFile(workspace, (dataset, videoId) => datasets.previewFile(dataset, videoId), urlPath),
    close: async () => {
      await watching.closeAlerts()
      await experiments.close()
      await supervisor.close()
      await watching.liveTensorBoard.close()
      for (const service of [pipelines, models, probes]) service.close()
      await Promise.all([datasets.close(), caches.close(), logCheckpoints.dispose()])
      database.close()
      workspace.close()
    },
  }
}
