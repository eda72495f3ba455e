import { setImmediate } from 'node:timers/promises'
import { decodeMetric, type MetricName } from '#contract/domain/metric.ts'
import { parseEvent } from '../runs/apply.ts'
import { type Line, readLines } from '../runs/tail.ts'

/** One recorded value of a metric. */
export interface RecordedPoint {
  readonly metric: MetricName
  readonly step: number
  readonly value: number
  /** When it was recorded, in milliseconds since 1970. */
  readonly timeMs: number
}

/** Points that are handed on at once; writing them takes some milliseconds, after which other work may run. */
const batchSize = 1024

/** What the lines of an event file mean for each other. */
interface Overview {
  /** Byte behind the last whole line. */
  readonly end: number
  /** Attempts that computed steps again: points before byte `offset` and after `fromStep` are superseded. */
  readonly rewinds: readonly { offset: number; fromStep: number }[]
  readonly dropped: ReadonlySet<MetricName>
}

/**
 * The points of a run in the order in which they were recorded, in batches, so that memory does not grow with the run and the
 * studio answers in between. Left out is what the studio leaves out: points of an earlier attempt that a later one computed again, and all
 * but the last value of a metric at one step. Points that are recorded after the call may be missing.
 */
export async function* readPoints(file: string, signal?: AbortSignal): AsyncGenerator<RecordedPoint[]> {
  const { end, rewinds, dropped } = await overviewOf(file, signal)
  let pending = new Map<MetricName, RecordedPoint>()
  let pendingStep = -1
  for await (const { lines, start } of chunksOf(file, end, signal)) {
    const points: RecordedPoint[] = []
    let offset = start
    for (const { text, end: lineEnd } of lines) {
      const lineStart = offset
      offset = lineEnd
      const event = parseEvent(text)
      if (event?.type !== 'metrics') continue
      const { step } = event
      if (rewinds.some((rewind) => rewind.offset > lineStart && step > rewind.fromStep)) continue
      if (step !== pendingStep) {
        points.push(...pending.values())
        pending = new Map()
        pendingStep = step
      }
      const timeMs = Date.parse(event.at)
      for (const [metric, value] of Object.entries(event.values))
        if (!dropped.has(metric)) pending.set(metric, { metric, step, value: decodeMetric(value), timeMs })
    }
    for (let done = 0; done < points.length; done += batchSize) {
      await setImmediate()
      yield points.slice(done, done + batchSize)
    }
  }
  if (pending.size > 0) yield [...pending.values()]
}

/** Reads the file once for the starts of attempts and the result; nearly all lines are only searched for these words. */
async function overviewOf(file: string, signal: AbortSignal | undefined): Promise<Overview> {
  const rewinds: { offset: number; fromStep: number }[] = []
  const dropped = new Set<MetricName>()
  let end = 0
  for await (const { lines, start } of chunksOf(file, Number.POSITIVE_INFINITY, signal)) {
    let offset = start
    for (const { text, end: lineEnd } of lines) {
      if (/"type":\s*"(started|imported|result)"/.test(text)) {
        const event = parseEvent(text)
        if (event?.type === 'started' && event.attempt > 1) rewinds.push({ offset, fromStep: event.fromStep })
        if (event?.type === 'imported') rewinds.push({ offset, fromStep: event.fromStep })
        // Early runs recorded it for any number of classes.
        if (event?.type === 'result' && event.result.top5 === null) dropped.add('test/top5')
      }
      offset = lineEnd
    }
    end = offset
  }
  return { end, rewinds, dropped }
}

/** Whole lines of a file up to byte `end`, about a mebibyte at a time. Lets other work run in between. */
async function* chunksOf(
  file: string,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ lines: readonly Line[]; start: number }> {
  let cursor = 0
  while (cursor < end) {
    await setImmediate()
    signal?.throwIfAborted()
    const lines = readLines(file, cursor).filter((line) => line.end <= end)
    const last = lines.at(-1)
    if (last === undefined) return
    yield { lines, start: cursor }
    cursor = last.end
  }
}
