import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { LaunchedPipelineFile } from '#contract/domain/pipeline.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openWorkspace } from '#main/app/workspace.ts'
import { CheckpointQueries } from '#main/checkpoints/queries.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { addPipeline } from '#main/pipelines/indexing.ts'
import { planRuns } from '#main/pipelines/plan.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { PipelineQueries } from '#main/pipelines/queries.ts'
import { PipelineStore } from '#main/pipelines/store.ts'
import type { EventTables } from '#main/runs/apply.ts'
import { RunLedger } from '#main/runs/ledger.ts'
import { queuedRecord, writeProcessRecord } from '#main/runs/process-record.ts'
import { RunQueries } from '#main/runs/queries.ts'
import { readLines } from '#main/runs/tail.ts'
import { sealLine } from '#node/event-line.ts'

export interface WorkspaceSize {
  runs: number
  metrics: number
  /** Points of each metric of a run. */
  points: number
}

const known: readonly MetricName[] = [
  'train/loss',
  'train/top1',
  'validation/loss',
  'validation/top1',
  'optimizer/learning-rate',
  'optimizer/gradient-norm',
  'speed/clips-per-second',
  'speed/data-wait',
  'system/memory',
  'progress/epoch',
]

/** Names of `count` metrics: those of the studio, then invented ones. */
export const metricNames = (count: number): MetricName[] =>
  Array.from({ length: count }, (_, index) => known[index] ?? `layer-${index}/gradient-norm`)

export interface BenchTables extends EventTables {
  pipelines: PipelineQueries
}

/** An open workspace to which runs can be added. */
export function openBenchWorkspace(folder: string) {
  const workspace = openWorkspace(folder)
  const database = openDatabase(workspace.database)
  const tables: BenchTables = {
    database,
    pipelines: new PipelineQueries(database),
    runs: new RunQueries(database),
    metrics: new MetricQueries(database),
    checkpoints: new CheckpointQueries(database),
  }
  const store = new PipelineStore(workspace)
  const ledger = new RunLedger(tables, workspace.runs)
  const preset = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')

  /** Adds a pipeline with one fine-tuning, which has started, and returns the run's id. */
  function addRun(index: number, totalSteps: number): string {
    const id = `bench-${String(index).padStart(4, '0')}`
    const at = new Date(Date.UTC(2026, 0, 1) + index * 3_600_000).toISOString()
    const { configuration } = preset
    const document: LaunchedPipelineFile = {
      id,
      dataset: 'shapes',
      preset: preset.name,
      labels: 'appearance',
      createdAt: at,
      datasetDigest: '0'.repeat(64),
      runIds: [],
      configuration: {
        ...configuration,
        stages: ['finetune'],
        general: { ...configuration.general, seed: index % 5 },
        finetune: {
          ...configuration.finetune,
          initialization: 'scratch',
          learningRate: [1e-4, 3e-4, 1e-3, 3e-3][Math.floor(index / 5) % 4] ?? 1e-3,
        },
      },
    }
    const files = planRuns(
      document,
      { manifest: 'datasets/shapes/manifest.json', frameCache: 'frames', targetCache: 'targets' },
      {},
      2,
    )
    document.runIds = files.map((file) => file.id)
    store.create(document, files)
    addPipeline(tables, document, new Map(files.map((file) => [file.id, file])))
    const [runId = ''] = document.runIds
    writeProcessRecord(ledger.folder(runId), { ...queuedRecord(at), submittedAt: at })
    appendEvents(ledger.folder(runId), [
      {
        type: 'started',
        at,
        attempt: 1,
        fromStep: 0,
        pid: 0,
        engine: 'bench',
        totalSteps,
        epochs: 100,
        effectiveBatchSize: 16,
        parameters: 22_000_000,
      },
    ])
    return runId
  }

  return {
    tables,
    ledger,
    addRun,
    close: () => {
      database.close()
      workspace.close()
    },
  }
}

export const appendEvents = (runFolder: string, events: readonly RunEvent[]): void =>
  appendFileSync(
    join(runFolder, runFiles.events),
    events.map((event) => `${sealLine(JSON.stringify(event))}\n`).join(''),
  )

/**
 * Fills an empty folder with finished fine-tunings of several seeds and rates. Their points are written straight into the
 * database, not into event files, so that a hundred million take minutes: `reindex` would lose them.
 */
export function makeWorkspace(folder: string, { runs, metrics, points }: WorkspaceSize): void {
  const { tables, ledger, addRun, close } = openBenchWorkspace(folder)
  tables.database.pragma('synchronous = OFF')
  try {
    for (let index = 0; index < runs; index++) {
      const runId = addRun(index, points)
      const runFolder = ledger.folder(runId)
      const { created_at: at, key } = ledger.row(runId)
      appendEvents(runFolder, [{ type: 'ended', at, status: 'finished', step: points, error: null }])
      ledger.apply(runId, readLines(join(runFolder, runFiles.events), 0))
      tables.database.transaction(() => {
        for (const [position, name] of metricNames(metrics).entries())
          tables.metrics.append(key, name, curveOf(name, index * metrics + position, points))
        tables.metrics.finish(key)
      })()
      tables.runs.setStatus(runId, 'finished', null)
    }
  } finally {
    close()
  }
}

/** A noisy curve with a value at every step; it falls for a loss and rises for an accuracy. */
export function curveOf(name: MetricName, seed: number, count: number): { steps: number[]; values: number[] } {
  let state = (seed % 2_147_483_646) + 1
  const noise = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5
  const rises = describeMetric(name).goal === 'maximize'
  const steps = Array.from({ length: count }, (_, index) => index + 1)
  const values = steps.map((step) => {
    const fall = 0.2 + Math.exp((-4 * step) / count) + noise() * 0.05
    return rises ? 100 * (1.2 - fall) : fall
  })
  return { steps, values }
}
