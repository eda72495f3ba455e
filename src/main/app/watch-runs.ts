import { freeBytes } from '#node/disk-space.ts'
import { Alerts } from '../alerts/service.ts'
import type { Checkpoints } from '../checkpoints/service.ts'
import type { ExportedRun } from '../interop/exporter.ts'
import { LiveTensorBoard } from '../interop/live-tensorboard.ts'
import { Recoveries } from '../pipelines/recovery.ts'
import type { Pipelines } from '../pipelines/service.ts'
import type { EventTables } from '../runs/apply.ts'
import type { Runs } from '../runs/service.ts'
import type { Supervisor } from '../runs/supervisor.ts'
import type { Settings } from '../settings/service.ts'
import { printProblem } from './startup-problems.ts'

interface WatchedParts {
  readonly workspace: { readonly root: string; readonly alerts: string }
  readonly works: boolean
  readonly tables: EventTables
  readonly settings: Settings
  readonly supervisor: Supervisor
  readonly runs: Runs
  readonly pipelines: Pipelines
  readonly checkpoints: Checkpoints
  /** A run as other programs get it. */
  readonly exported: (id: string) => ExportedRun
  readonly onProblem: (error: unknown) => void
}

/** The services that follow what happens to runs: alerts, how a diverged run is launched again, and live files of TensorBoard. */
export function watchRuns({
  workspace,
  works,
  tables,
  settings,
  supervisor,
  runs,
  pipelines,
  checkpoints,
  exported,
  onProblem,
}: WatchedParts) {
  const recoveries = new Recoveries({
    run: (id) => runs.get(id),
    isFinished: (id) => tables.runs.statusOf(id) === 'finished',
    requestOf: (id) => pipelines.requestOf(id),
    goodCheckpoint: (id, signal) => checkpoints.newestGood(id, signal),
  })
  const alerts = new Alerts({
    folder: workspace.alerts,
    works,
    runs: () => runs.list(),
    run: (id) => (tables.runs.statusOf(id) === undefined ? undefined : runs.get(id).run),
    readPoints: (id, metric) => {
      const [found] = tables.metrics.series(runs.keyOf(id), new Set([metric]), 0, Number.MAX_SAFE_INTEGER)
      return found?.points ?? { steps: [], values: [] }
    },
    freeBytes: () => freeBytes(workspace.root),
    onProblem,
  })
  supervisor.changes.subscribe((id) => alerts.runChanged(id))
  supervisor.deltas.subscribe((event) => {
    if (event.type === 'points') alerts.pointsAdded(event.series)
    if (event.type === 'rewound') alerts.rewound(event.runId)
  })
  const liveTensorBoard = new LiveTensorBoard({
    folder: () => (works ? settings.get().tensorboard : null),
    // Imported runs are in the files of another program already.
    find: (id) => ([undefined, 'imported'].includes(tables.runs.statusOf(id)) ? undefined : exported(id)),
    runs: () => tables.runs.list().map(({ id, status }) => ({ id, isRunning: status === 'running' })),
    onProblem: printProblem,
  })
  supervisor.deltas.subscribe((event) => liveTensorBoard.follow(event))
  supervisor.changes.subscribe((id) => liveTensorBoard.changed(id))
  settings.changes.subscribe(() => liveTensorBoard.open())
  return {
    services: { alerts, recoveries },
    /** Call it when the states of all runs are known. */
    open: () => {
      liveTensorBoard.open()
      alerts.open()
    },
    closeAlerts: () => alerts.close(),
    liveTensorBoard,
  }
}
