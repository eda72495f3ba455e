import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import {
  decodeMetric,
  type MetricName,
  type MetricValue,
  type SeriesDelta,
  sortMetrics,
} from '#contract/domain/metric.ts'
import { readRunEvent, type RunEvent } from '#contract/domain/run-event.ts'
import type { LogLine } from '#contract/domain/run.ts'
import { isWhole } from '#node/event-line.ts'
import { describeCheckpoint } from '../checkpoints/card.ts'
import type { CheckpointQueries } from '../checkpoints/queries.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { BestMove } from '../metrics/best-validation.ts'
import type { MetricQueries } from '../metrics/queries.ts'
import type { StepTime } from '../metrics/times.ts'
import type { RunQueries } from './queries.ts'
import { type RunRow, timeOf } from './row.ts'
import type { Line } from './tail.ts'

/** What a batch of events changed, for subscribers of the run. */
export interface Applied {
  rewoundTo: number | undefined
  points: SeriesDelta[]
  log: LogLine[]
  media: MediaItem[]
  checkpoints: Checkpoint[]
}

export interface EventTables {
  readonly database: StudioDatabase
  readonly runs: RunQueries
  readonly metrics: MetricQueries
  readonly checkpoints: CheckpointQueries
}

/** The file that lines come from. */
export interface LineSource {
  /** The mark of the bytes before the cursor, to recognise later that they were replaced. */
  readonly mark: string | null
  /** Number of the line that begins at a byte. */
  readonly lineNumber: (offset: number) => number
  /** Whether an event was applied already, in lines of a file that was cut. */
  readonly isKnown?: (event: RunEvent, row: RunRow) => boolean
}

/**
 * Applies lines of `events.jsonl` and moves the cursor behind them in one transaction, so that each line counts exactly once even
 * if the studio dies. A damaged line becomes a warning in the run's log.
 */
export function applyLines(tables: EventTables, runId: string, lines: readonly Line[], source?: LineSource): Applied {
  const applied: Applied = { rewoundTo: undefined, points: [], log: [], media: [], checkpoints: [] }
  tables.database.transaction(() => {
    const row = tables.runs.get(runId)
    if (row === undefined) throw new Error(`The run ${runId} is not in the database.`)
    const { end_offset: endOffset } = row
    const points = new PointBatch(tables.metrics, row)
    for (const line of lines) {
      const start = row.event_cursor
      row.event_cursor = line.end
      row.event_mark = source?.mark ?? null
      if (line.text === '') continue
      const event = parseEvent(line.text)
      if (event === undefined) {
        const warning: LogLine = {
          at: row.last_at ?? row.created_at,
          level: 'warning',
          message: `Line ${source?.lineNumber(start) ?? '?'} of events.jsonl is damaged and was skipped.`,
        }
        tables.runs.addLog(row.key, warning)
        applied.log.push(warning)
      } else if (source?.isKnown?.(event, row) !== true) {
        applyEvent(tables, row, points, event, line.end, applied)
        // That of metrics is the time of their step already.
        const at = event.type === 'metrics' && row.step_at !== null ? row.step_at : clockOf(row, event)
        // Of a file that was cut, events come again that were applied before.
        const isLater = (before: string | null) => source?.isKnown === undefined || before === null || before < at
        if (isLater(row.last_at)) row.last_at = at
        if (isOfAttempt(event) && isLater(row.attempt_at)) row.attempt_at = at
      }
    }
    points.write()
    applied.points = points.written
    if (applied.rewoundTo !== undefined || row.end_offset !== endOffset) tables.metrics.markBestValidation(row.key)
    else if (points.bestMoves.size > 0) tables.metrics.markBestValidation(row.key, points.bestMoves)
    tables.runs.setEvents(row.key, row)
  })()
  return applied
}

const topFive: MetricName = 'test/top5'

/** The event of one line; undefined if the line is damaged. */
export function parseEvent(text: string): RunEvent | undefined {
  if (!isWhole(text)) return undefined
  try {
    return readRunEvent(JSON.parse(text))
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function applyEvent(
  tables: EventTables,
  row: RunRow,
  points: PointBatch,
  event: RunEvent,
  offset: number,
  applied: Applied,
): void {
  switch (event.type) {
    case 'started':
      points.finishTimes()
      closeAttempt(row, row.attempt_at ?? row.last_at ?? event.at)
      if (event.attempt > 1) rewind(tables, row, points, event.fromStep, applied)
      row.started_at ??= event.at
      row.attempt = event.attempt
      row.attempt_started_at = event.at
      row.attempt_at = event.at
      row.pace_step = null
      row.pace_at = null
      row.step = event.fromStep
      row.step_at = null
      row.total_steps = event.totalSteps
      row.epochs = event.epochs
      row.may_stop_early = event.mayStopEarly === true ? 1 : 0
      row.early_stop = null
      row.effective_batch_size = event.effectiveBatchSize
      row.engine = event.engine
      row.parameters = event.parameters
      tables.runs.putAttempt(row.key, event)
      break
    case 'imported':
      if (row.started_at !== null) rewind(tables, row, points, event.fromStep, applied)
      row.started_at ??= event.at
      row.attempt_started_at = row.started_at
      row.computed_ms = 0
      row.step = Math.max(0, event.fromStep)
      row.step_at = null
      break
    case 'metrics':
      recordMetrics(row, points, event)
      break
    case 'log': {
      const line = { at: event.at, level: event.level, message: event.message }
      tables.runs.addLog(row.key, line)
      applied.log.push(line)
      break
    }
    case 'media':
      tables.runs.putMedia(row.key, event.item)
      applied.media.push(event.item)
      break
    case 'checkpoint':
      tables.checkpoints.put(row.key, event.card)
      applied.checkpoints.push(describeCheckpoint(event.card, row, false))
      break
    case 'result':
      row.result = event.result
      // Early runs recorded it for any number of classes.
      if (event.result.top5 === null) {
        tables.metrics.remove(row.key, topFive)
        points.remove(topFive)
      }
      break
    case 'ended':
      points.finishTimes()
      closeAttempt(row, clockOf(row, event))
      row.step = event.step
      row.end_offset = offset
      row.end_status = event.status
      row.end_at = event.at
      row.end_error = event.error
      if (event.earlyStop !== undefined) {
        row.early_stop = event.earlyStop
        row.total_steps = event.step
        row.epochs = event.earlyStop.epoch
      }
      points.write()
      tables.metrics.finish(row.key)
      break
  }
}

/** ISO time of an event by a clock that only goes forward during an attempt, so that durations are right if the machine's clock is set. */
function clockOf({ attempt_started_at: start }: RunRow, event: RunEvent): string {
  if (event.type === 'imported' || event.elapsedMs === undefined || start === null) return event.at
  return new Date(Date.parse(start) + event.elapsedMs).toISOString()
}

/** Whether the attempt that has started wrote it. The next one writes to the log before it starts, perhaps after days. */
const isOfAttempt = (event: RunEvent): boolean =>
  event.type !== 'log' || ('elapsedMs' in event && event.elapsedMs !== undefined)

/** Adds the time of an attempt to that of the run. An attempt without an end lasted until its last event. */
function closeAttempt(row: RunRow, at: string): void {
  if (row.attempt_started_at === null) return
  row.computed_ms += Math.max(0, Date.parse(at) - Date.parse(row.attempt_started_at))
  row.attempt_started_at = null
}

/** Removes what earlier attempts recorded after `step`, since a new attempt computes these steps again. The file keeps it. */
function rewind(
  { runs, metrics, checkpoints }: EventTables,
  row: RunRow,
  points: PointBatch,
  step: number,
  applied: Applied,
): void {
  points.write()
  points.rewind()
  metrics.rewind(row.key, step)
  runs.rewindMedia(row.key, step)
  checkpoints.rewind(row.key, step)
  applied.rewoundTo = step
  applied.media = applied.media.filter((item) => item.step <= step)
  applied.checkpoints = applied.checkpoints.filter((checkpoint) => checkpoint.step <= step)
}

function recordMetrics(row: RunRow, points: PointBatch, event: Extract<RunEvent, { type: 'metrics' }>): void {
  const { step, values } = event
  const at = clockOf(row, event)
  for (const [name, value] of Object.entries(values)) points.add(name, step, value)
  points.addTime(step, at)
  row.pace_step ??= step
  row.pace_at ??= at
  row.step = Math.max(row.step, step)
  row.step_at = at
}

/** Points of a batch of lines, by metric, so that each series is written once. */
class PointBatch {
  readonly #metrics: MetricQueries
  readonly #row: RunRow
  readonly #series = new Map<MetricName, SeriesDelta>()
  #written: SeriesDelta[] = []
  #times: StepTime[] = []
  readonly #bestMoves = new Map<MetricName, BestMove>()

  constructor(metrics: MetricQueries, row: RunRow) {
    this.#metrics = metrics
    this.#row = row
  }

  add(name: MetricName, step: number, value: MetricValue): void {
    let series = this.#series.get(name)
    if (series === undefined) {
      series = { runId: this.#row.id, name, steps: [], values: [] }
      this.#series.set(name, series)
    }
    series.steps.push(step)
    series.values.push(value)
  }

  /** Adds the time at which a step was recorded. */
  addTime(step: number, at: string): void {
    const time = timeOf(this.#row, step, at)
    if (time !== undefined) this.#times.push(time)
  }

  /** Writes the times at the end of an attempt. That of its last step is kept, since a pause may follow. */
  finishTimes(): void {
    const { key, step, step_at: at } = this.#row
    this.#writeTimes()
    const last = at === null ? undefined : timeOf(this.#row, step, at)
    if (last !== undefined) this.#metrics.times.add(key, last)
  }

  #writeTimes(): void {
    this.#metrics.times.append(this.#row.key, this.#times)
    this.#times = []
  }

  remove(name: MetricName): void {
    this.#series.delete(name)
    this.#written = this.#written.filter((series) => series.name !== name)
  }

  /** Writes the points that were added since the last call. */
  write(): void {
    const added = sortMetrics(this.#series.keys()).flatMap((name) => this.#series.get(name) ?? [])
    for (const { name, steps, values } of added) {
      const move = this.#metrics.append(this.#row.key, name, { steps, values: values.map(decodeMetric) })
      if (move !== undefined) this.#bestMoves.set(name, move)
    }
    this.#written.push(...added)
    this.#series.clear()
    this.#writeTimes()
  }

  /** Forgets what subscribers would have been sent, since they will fetch the series again. */
  rewind(): void {
    this.#written = []
  }

  /** How the written points moved the best steps of validation metrics. */
  get bestMoves(): ReadonlyMap<MetricName, BestMove> {
    return this.#bestMoves
  }

  get written(): SeriesDelta[] {
    return this.#written
  }
}
