import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as others, setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { encodeMetric } from '#contract/domain/metric.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'
import { LogCheckpoints } from '#main/database/log-checkpoints.ts'
import { Metrics } from '#main/metrics/service.ts'
import { readLines } from '#main/runs/tail.ts'
import { table } from '#main/shells/cli/output.ts'
import { linkFrom, processorMs } from './screen/processes.ts'
import { appendEvents, curveOf, makeWorkspace, metricNames, openBenchWorkspace } from './screen/workspace.ts'

/**
 * How fast the studio reads the event files of runs into its database, and how long a reader of curves waits meanwhile: the
 * studio has one thread, so a reader waits for the batch that is written, then for its own query. Then how much of a processor a studio
 * takes that has `--idle-runs` finished runs and nothing to do, over `--idle-seconds` (0 leaves it out; Linux only).
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '8' },
    metrics: { type: 'string', default: '10' },
    points: { type: 'string', default: '50000' },
    'idle-runs': { type: 'string', default: '1000' },
    'idle-seconds': { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
/** Time of a step of the runs. */
const stepMs = 200
/** What a studio does after it has opened: previews, cards, the first checks. */
const settleMs = 5000
const [runs, metrics, points] = [Number(values.runs), Number(values.metrics), Number(values.points)]
const folder = mkdtempSync(join(tmpdir(), 'mvd-ingest-'))
const { tables, ledger, addRun, close } = openBenchWorkspace(folder)
const logCheckpoints = new LogCheckpoints(tables.database)
try {
  const ids = Array.from({ length: runs }, (_, index) => addRun(index, points))
  for (const [index, id] of ids.entries()) appendEvents(ledger.folder(id), eventsOf(index, ledger.row(id).created_at))
  const reader = new Metrics(
    tables.metrics,
    (id) => ledger.row(id).key,
    () => undefined,
  )

  const before = process.cpuUsage()
  const started = performance.now()
  const waits: number[] = []
  let readingMs = 0
  for (let isDone = false; !isDone;) {
    isDone = true
    for (const id of ids) {
      const batchStarted = performance.now()
      const lines = readLines(join(ledger.folder(id), runFiles.events), ledger.row(id).event_cursor)
      if (lines.length === 0) continue
      isDone = false
      ledger.apply(id, lines)
      const queryStarted = performance.now()
      reader.series({ runIds: [id], names: ['train/loss'], maxBuckets: 1000 })
      readingMs += performance.now() - queryStarted
      waits.push(performance.now() - batchStarted)
      await others()
    }
  }
  const wallMs = performance.now() - started - readingMs
  const { user, system } = process.cpuUsage(before)
  const total = tables.metrics.pointCount()
  const sorted = waits.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const idle = await measureIdle(Number(values['idle-runs']), Number(values['idle-seconds']))
  const report = {
    runs,
    metrics,
    points: total,
    pointsPerSecond: Math.round(total / (wallMs / 1000)),
    pointsPerProcessorSecond: Math.round(total / ((user + system) / 1e6)),
    readerMs: { median: round(at(0.5)), p95: round(at(0.95)), p99: round(at(0.99)), longest: round(at(1)) },
    ...(idle === undefined ? {} : { idle }),
  }
  const text = table(
    ['', ''],
    [
      ['Points', `${(total / 1e6).toFixed(1)} million of ${runs} runs`],
      ['Points per second', report.pointsPerSecond.toLocaleString('en')],
      ['Points per second of processor time', report.pointsPerProcessorSecond.toLocaleString('en')],
      [
        'A reader waits',
        `${report.readerMs.median} ms (median), ${report.readerMs.p95} ms (95th percentile), at most ${report.readerMs.longest} ms`,
      ],
      ...(idle === undefined
        ? []
        : [[`Idle studio with ${idle.runs} runs`, `${idle.processorPercent} % of a processor over ${idle.seconds} s`]]),
    ],
  )
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `${text}\n`)
} finally {
  await logCheckpoints.dispose()
  close()
  rmSync(folder, { recursive: true, force: true })
}

function eventsOf(index: number, at: string): RunEvent[] {
  const curves = metricNames(metrics).map((name, position) => ({
    name,
    ...curveOf(name, index * metrics + position, points),
  }))
  return Array.from({ length: points }, (_, row): RunEvent => ({
    type: 'metrics',
    at: new Date(Date.parse(at) + row * stepMs).toISOString(),
    elapsedMs: row * stepMs,
    step: row + 1,
    values: Object.fromEntries(curves.map(({ name, values }) => [name, encodeMetric(values[row] ?? 0)])),
  }))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** Processor time of a studio without anything to do; undefined if it is not measured. */
async function measureIdle(runCount: number, seconds: number) {
  if (seconds === 0 || process.platform !== 'linux') return undefined
  const idleFolder = mkdtempSync(join(tmpdir(), 'mvd-idle-'))
  makeWorkspace(idleFolder, { runs: runCount, metrics: 4, points: 20 })
  const cli = join(import.meta.dirname, '../src/main/shells/cli/main.ts')
  const studio = spawn(process.execPath, [cli, 'serve', '--workspace', idleFolder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(studio, 'exit')
  try {
    await linkFrom(studio.stdout)
    await pause(settleMs)
    const before = processorMs(studio.pid ?? 0)
    await pause(seconds * 1000)
    const usedMs = processorMs(studio.pid ?? 0) - before
    return { runs: runCount, seconds, processorPercent: Math.round((usedMs / (seconds * 1000)) * 10_000) / 100 }
  } finally {
    studio.kill()
    await exited
    rmSync(idleFolder, { recursive: true, force: true })
  }
}
