import { freeBytes } from '#node/disk-space.ts'
import { Alerts } from '../alerts/service.ts'
import type { Checkpoints } from '../checkpoints/service.ts'
import { Recoveries } from '../pipelines/recovery.ts'
import type { Pipelines } from '../pipelines/service.ts'
import type { EventTables } from '../runs/apply.ts'
import type { Runs } from '../runs/service.ts'
import type { Supervisor } from '../runs/supervisor.ts'

interface WatchedParts {
  readonly workspace: { readonly root: string; readonly alerts: string }
  readonly works: boolean
  readonly tables: EventTables
  readonly supervisor: Supervisor
  readonly runs: Runs
  readonly pipelines: Pipelines
  readonly checkpoints: Checkpoints
  readonly onProblem: (error: unknown) => void
}

/** The services that follow what happens to runs: alerts, and how a diverged run is launched again. */
export function watchRuns({
  workspace,
  works,
  tables,
  supervisor,
  runs,
  pipelines,
  checkpoints,
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
  return { alerts, recoveries }
}
