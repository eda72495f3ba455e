import { encodeMetric } from '#contract/domain/metric.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import type { LogLine } from '#contract/domain/run.ts'
import type { ForeignRun, ForeignSeries } from './foreign-run.ts'
import { readPoints } from './points.ts'

/** What an import changes in a run: its points after `fromStep` are read again. */
export interface Change {
  readonly fromStep: number
  readonly points: number
}

const isBehind = (fromStep: number) => (step: number) => step > fromStep

/** Everything of a run that is new. */
export const wholeRun = ({ series }: Pick<ForeignRun, 'series'>): Change => ({
  fromStep: -1,
  points: countBehind(series, -1),
})

/**
 * What differs from the points that an earlier import recorded; undefined if nothing does.
 * @param file `events.jsonl` of the run
 */
export async function changeSince(
  file: string,
  { series }: Pick<ForeignRun, 'series'>,
  signal?: AbortSignal,
): Promise<Change | undefined> {
  const recorded = new Map<string, ForeignSeries>()
  for await (const batch of readPoints(file, signal))
    for (const { metric, step, value, timeMs } of batch) {
      let known = recorded.get(metric)
      if (known === undefined) recorded.set(metric, (known = { steps: [], values: [], timesMs: [] }))
      known.steps.push(step)
      known.values.push(value)
      known.timesMs.push(timeMs)
    }
  const empty: ForeignSeries = { steps: [], values: [], timesMs: [] }
  const first = [...new Set([...recorded.keys(), ...series.keys()])].reduce(
    (earliest, metric) =>
      Math.min(earliest, firstDifference(recorded.get(metric) ?? empty, series.get(metric) ?? empty)),
    Number.POSITIVE_INFINITY,
  )
  return first === Number.POSITIVE_INFINITY
    ? undefined
    : { fromStep: first - 1, points: countBehind(series, first - 1) }
}

/** The first step at which two series differ; infinite if they are equal. */
function firstDifference(a: ForeignSeries, b: ForeignSeries): number {
  const length = Math.max(a.steps.length, b.steps.length)
  for (let index = 0; index < length; index++)
    if (
      a.steps[index] !== b.steps[index] ||
      !Object.is(a.values[index], b.values[index]) ||
      a.timesMs[index] !== b.timesMs[index]
    )
      return Math.min(a.steps[index] ?? Number.POSITIVE_INFINITY, b.steps[index] ?? Number.POSITIVE_INFINITY)
  return Number.POSITIVE_INFINITY
}

const countBehind = (series: ForeignRun['series'], fromStep: number): number =>
  [...series.values()].reduce((sum, { steps }) => sum + steps.length - firstBehind(steps, fromStep), 0)

function firstBehind(steps: readonly number[], fromStep: number): number {
  const index = steps.findIndex(isBehind(fromStep))
  return index === -1 ? steps.length : index
}

/** When a run began and ended, from its files or else from its points. */
export function timesOf({ startedMs, endedMs, series }: Pick<ForeignRun, 'startedMs' | 'endedMs' | 'series'>): {
  startedMs: number
  endedMs: number
} {
  let first = startedMs ?? Number.POSITIVE_INFINITY
  let last = endedMs ?? Number.NEGATIVE_INFINITY
  for (const { timesMs } of series.values())
    for (const timeMs of timesMs) {
      if (timeMs < first) first = timeMs
      if (timeMs > last) last = timeMs
    }
  const start = first === Number.POSITIVE_INFINITY ? Date.now() : first
  return { startedMs: start, endedMs: Math.max(start, last) }
}

const linesAtOnce = 500

/**
 * Lines for `events.jsonl` that an import appends, some hundred at a time: its start, what it says, the points, and its end.
 * Points of one step that were recorded at different times are separate lines.
 */
export function* importLines(
  run: ForeignRun,
  { fromStep }: Change,
  log: readonly Omit<LogLine, 'at'>[],
): Generator<string> {
  const { startedMs, endedMs } = timesOf(run)
  const startedAt = isoTime(startedMs)
  const endedAt = isoTime(endedMs)
  yield toLines([
    { type: 'imported', at: startedAt, fromStep },
    ...log.map((line): RunEvent => ({ type: 'log', at: endedAt, ...line })),
  ])
  const cursors = Array.from(run.series, ([metric, { steps, values, timesMs }]) => ({
    metric,
    steps,
    values,
    timesMs,
    at: firstBehind(steps, fromStep),
  }))
  let waiting: RunEvent[] = []
  for (;;) {
    const step = cursors.reduce(
      (next, { steps, at }) => Math.min(next, steps[at] ?? Number.POSITIVE_INFINITY),
      Number.POSITIVE_INFINITY,
    )
    if (step === Number.POSITIVE_INFINITY) break
    const byTime = new Map<number, Extract<RunEvent, { type: 'metrics' }>['values']>()
    for (const cursor of cursors) {
      if (cursor.steps[cursor.at] !== step) continue
      const timeMs = cursor.timesMs[cursor.at] ?? startedMs
      const values = byTime.get(timeMs) ?? {}
      values[cursor.metric] = encodeMetric(cursor.values[cursor.at] ?? Number.NaN)
      byTime.set(timeMs, values)
      cursor.at += 1
    }
    for (const timeMs of [...byTime.keys()].toSorted((a, b) => a - b))
      waiting.push({ type: 'metrics', at: isoTime(timeMs), step, values: byTime.get(timeMs) ?? {} })
    if (waiting.length >= linesAtOnce) {
      yield toLines(waiting)
      waiting = []
    }
  }
  yield toLines([
    ...waiting,
    { type: 'ended', at: endedAt, status: 'imported', step: lastStep(run.series), error: null },
  ])
}

const isoTime = (timeMs: number): string => new Date(timeMs).toISOString()

const toLines = (events: readonly RunEvent[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('')

const lastStep = (series: ForeignRun['series']): number =>
  [...series.values()].reduce((last, { steps }) => Math.max(last, steps.at(-1) ?? 0), 0)
