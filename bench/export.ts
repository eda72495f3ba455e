import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { unorganized } from '#contract/domain/organization.ts'
import { type RunExportFormat, runExportFormats } from '#contract/domain/run-export.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatBytes } from '#contract/format.ts'
import { findInstallation } from '#main/app/installation.ts'
import { RunExports } from '#main/interop/service.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { table } from '#main/shells/cli/output.ts'

/**
 * How long exports of a large run keep the studio from answering, and their memory: the most processor time of the main thread
 * between two turns of its event loop, which other programs on the machine do not change, and the highest resident memory.
 */
const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '1000000' },
    format: { type: 'string', multiple: true, default: [...runExportFormats] },
    json: { type: 'boolean', default: false },
  },
})
const points = Number(values.points)
const metricCount = 10
if (!Number.isInteger(points) || points < metricCount) throw new Error('--points: expected a whole number from 10.')
const formats = values.format.map((name) => {
  const format = runExportFormats.find((each) => each === name)
  if (format === undefined) throw new Error(`--format: expected ${runExportFormats.join(', ')}.`)
  return format
})

const createdAt = '2026-01-01T00:00:00.000Z'
const run: Run = {
  id: 'bench.finetune',
  pipelineId: 'bench',
  stage: 'finetune',
  dataset: 'shapes',
  labels: null,
  preset: 'tiny',
  status: 'finished',
  isStopping: false,
  waitsFor: [],
  createdAt,
  startedAt: createdAt,
  endedAt: createdAt,
  attempt: 1,
  step: points / metricCount,
  totalSteps: points / metricCount,
  epochs: 1,
  effectiveBatchSize: 1,
  engine: null,
  parameters: null,
  clipsPerSecond: null,
  remainingMs: null,
  durationMs: 0,
  checkpointCount: 0,
  summaries: [],
  result: null,
  error: null,
  organization: unorganized,
}

interface Figures {
  format: RunExportFormat
  seconds: number
  processorSeconds: number
  longestMs: number
  residentBytes: number
  fileBytes: number
}

const folder = mkdtempSync(join(tmpdir(), 'mvd-export-'))
try {
  const events = join(folder, 'events.jsonl')
  await writeEvents(events)
  const figures: Figures[] = []
  for (const format of formats) figures.push(await measure(events, format))
  process.stdout.write(values.json ? `${JSON.stringify({ points, figures }, null, 2)}\n` : `${textOf(figures)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function writeEvents(file: string): Promise<void> {
  const output = createWriteStream(file)
  for (let step = 1; step <= points / metricCount; step++) {
    const measured = Array.from({ length: metricCount }, (_, index) => [
      `train/m${index}`,
      Math.sin(step * (index + 1)),
    ])
    const at = new Date(Date.parse(createdAt) + step * 100).toISOString()
    const line = JSON.stringify({ type: 'metrics', at, step, values: Object.fromEntries(measured) })
    if (!output.write(`${line}\n`)) await once(output, 'drain')
  }
  output.end()
  await finished(output)
}

async function measure(events: string, format: RunExportFormat): Promise<Figures> {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const pipeline = {
    id: 'bench',
    dataset: 'shapes',
    preset: 'tiny',
    labels: null,
    createdAt,
    datasetDigest: '',
    runIds: [run.id],
    configuration,
    organization: unorganized,
  }
  const exports = new RunExports(
    () => ({ run, pipeline, events }),
    () => null,
  )
  let before = process.threadCpuUsage()
  let longest = 0
  let residentBytes = 0
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before)
    longest = Math.max(longest, user + system)
    before = process.threadCpuUsage()
    residentBytes = Math.max(residentBytes, process.memoryUsage.rss())
  }, 1)
  const [at, used] = [performance.now(), process.cpuUsage()]
  try {
    const { files } = await exports.export({ ids: [run.id], format, to: join(folder, format), force: false })
    const { user, system } = process.cpuUsage(used)
    return {
      format,
      seconds: (performance.now() - at) / 1000,
      processorSeconds: (user + system) / 1e6,
      longestMs: longest / 1000,
      residentBytes,
      fileBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    }
  } finally {
    clearInterval(timer)
    rmSync(join(folder, format), { recursive: true, force: true })
  }
}

function textOf(figures: readonly Figures[]): string {
  const rows = figures.map(({ format, seconds, processorSeconds, longestMs, residentBytes, fileBytes }) => [
    format,
    `${seconds.toFixed(1)} s`,
    `${processorSeconds.toFixed(1)} s`,
    `${longestMs.toFixed(0)} ms`,
    formatBytes(residentBytes),
    formatBytes(fileBytes),
  ])
  return `${points} points\n${table(['format', 'time', 'processor time', 'longest at once', 'memory at most', 'files'], rows)}`
}
