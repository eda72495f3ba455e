import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encodeMetrics, type MetricName } from '#contract/domain/metric.ts'
import type { Heartbeat, RunEvent } from '#contract/domain/run-event.ts'
import type { LogLine } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { toJson } from '#node/json-file.ts'

type WithoutTime<E> = E extends { at: string } ? Omit<E, 'at' | 'elapsedMs'> : never

const heartbeatEveryMs = 1000

/** Writes the events and the heartbeat of a run: appends to `events.jsonl` and updates `heartbeat.json`. No other code writes these files. */
export class Recorder implements Disposable {
  readonly #folder: string
  readonly #events: number
  readonly #startedAt = new Date().toISOString()
  readonly #timer: NodeJS.Timeout
  #step = 0
  #attemptMs: number | undefined

  constructor(folder: string) {
    this.#folder = folder
    this.#events = openSync(join(folder, runFiles.events), 'a+')
    // A killed attempt may have left an incomplete line; the next event must start a new one.
    if (!endsWithNewline(this.#events)) writeSync(this.#events, '\n')
    this.#beat()
    // A training step blocks the event loop, so `progress` also writes the heartbeat; the timer covers waiting for data.
    this.#timer = setInterval(() => this.#beat(), heartbeatEveryMs)
    this.#timer.unref()
  }

  /** @throws Error if a number of the event is NaN or infinite; metrics may be, they are encoded. */
  write(event: WithoutTime<RunEvent>): void {
    const now = performance.now()
    if (event.type === 'started') this.#attemptMs = now
    const elapsed = this.#attemptMs === undefined ? {} : { elapsedMs: Math.round(now - this.#attemptMs) }
    writeSync(this.#events, `${toJson({ ...event, at: new Date().toISOString(), ...elapsed })}\n`)
  }

  metrics(step: number, values: Partial<Record<MetricName, number>>): void {
    this.write({ type: 'metrics', step, values: encodeMetrics(values) })
  }

  log(message: string, level: LogLine['level'] = 'info'): void {
    this.write({ type: 'log', level, message })
  }

  get step(): number {
    return this.#step
  }

  /** Sets the progress of the run for the heartbeat. */
  progress(step: number): void {
    this.#step = step
    if (performance.now() - this.#beatMs >= heartbeatEveryMs) this.#beat()
  }

  /** Flushes events to the disk; called before a checkpoint is announced and at the end. */
  sync(): void {
    fsyncSync(this.#events)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#beat()
    this.sync()
    closeSync(this.#events)
  }

  #beatMs = 0
  #beat(): void {
    this.#beatMs = performance.now()
    const beat: Heartbeat = {
      pid: process.pid,
      startedAt: this.#startedAt,
      at: new Date().toISOString(),
      step: this.#step,
    }
    const path = join(this.#folder, runFiles.heartbeat)
    writeAtomically(path, JSON.stringify(beat), { sync: false })
  }
}

function endsWithNewline(file: number): boolean {
  const { size } = fstatSync(file)
  if (size === 0) return true
  const last = Buffer.alloc(1)
  readSync(file, last, 0, 1, size - 1)
  return last.toString() === '\n'
}
