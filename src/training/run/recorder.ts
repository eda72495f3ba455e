import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import { encodeMetrics, type MetricName } from '#contract/domain/metric.ts'
import type { Heartbeat, RunEvent } from '#contract/domain/run-event.ts'
import type { LogLine } from '#contract/domain/run.ts'
import type { Wait } from '#contract/domain/wait.ts'
import { runFiles } from '#contract/layout.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { DiskReserve } from '#node/disk-reserve.ts'
import { sealLine } from '#node/event-line.ts'
import { toJson } from '#node/json-file.ts'
import { AttemptClaim } from './attempt-claim.ts'
import { earlierAttempts } from './earlier-attempts.ts'
import { explainReadOnly, tidyUp } from './read-only.ts'

type WithoutTime<E> = E extends { at: string } ? Omit<E, 'at' | 'elapsedMs'> : never

const heartbeatEveryMs = 1000
/** Space for the last events of a run when the disk is full. */
const reservedBytes = 2 ** 18

/** Writes the events and the heartbeat of a run: appends to `events.jsonl` and updates `heartbeat.json`. No other code writes these files. */
export class Recorder implements Disposable {
  readonly #folder: string
  readonly #file: string
  readonly #claim: AttemptClaim
  readonly #reserve: DiskReserve
  #events: number
  /** Size of `events.jsonl` after the last event. */
  #size = 0
  readonly #startedAt = new Date().toISOString()
  readonly #timer: NodeJS.Timeout
  readonly #waitsFor: () => Wait | null
  #step = 0
  #stepMs = performance.now()
  #attemptMs: number | undefined

  /** @param waitsFor what the run waits for, for the heartbeat */
  constructor(folder: string, waitsFor: () => Wait | null = () => null) {
    this.#folder = folder
    this.#waitsFor = waitsFor
    this.#file = join(folder, runFiles.events)
    this.#claim = new AttemptClaim(folder, earlierAttempts(folder).length)
    this.#reserve = new DiskReserve(join(folder, runFiles.reserve), reservedBytes)
    this.#reserve.ensure()
    this.#events = openSync(this.#file, 'a+')
    // A killed attempt may have left an incomplete line; the next event must start a new one.
    if (!endsWithNewline(this.#events)) writeSync(this.#events, '\n')
    this.#beat()
    // A training step blocks the event loop, so `progress` also writes the heartbeat; the timer covers waiting for data.
    this.#timer = setInterval(() => this.#beat(), heartbeatEveryMs)
    this.#timer.unref()
  }

  /** @throws Error if a number of the event is NaN or infinite; metrics may be, they are encoded. */
  write(event: WithoutTime<RunEvent>): void {
    this.requireClaim()
    const now = performance.now()
    if (event.type === 'started') this.#attemptMs = now
    const elapsed = this.#attemptMs === undefined ? {} : { elapsedMs: Math.round(now - this.#attemptMs) }
    const line = toJson({ ...event, at: new Date().toISOString(), ...elapsed })
    try {
      this.#reserve.use(() => this.#append(`${sealLine(line)}\n`))
    } catch (cause) {
      throw explainReadOnly(cause, this.#folder)
    }
  }

  metrics(step: number, values: Partial<Record<MetricName, number>>): void {
    this.write({ type: 'metrics', step, values: encodeMetrics(values) })
  }

  log(message: string, level: LogLine['level'] = 'info'): void {
    this.write({ type: 'log', level, message })
  }

  /** Appends whole text or, if the disk is full, nothing. */
  #append(text: string): void {
    const { size } = fstatSync(this.#events)
    // Someone cut the file in the middle of a line: the next one must not become part of it.
    const isCut = size !== this.#size && !endsWithNewline(this.#events)
    const bytes = Buffer.from(isCut ? `\n${text}` : text)
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.#events, bytes, written)
    } catch (cause) {
      ftruncateSync(this.#events, size)
      throw cause
    }
    this.#size = size + bytes.length
  }

  /** Number of this attempt, counted from 1. */
  get attempt(): number {
    return this.#claim.number
  }

  /** Ends the process without writing anything if a later attempt has taken the run over. */
  requireClaim(): void {
    if (!this.#claim.isSuperseded()) return
    process.stderr.write(`Attempt ${this.attempt} ends: a later attempt computes this run.\n`)
    process.exit(1)
  }

  get step(): number {
    return this.#step
  }

  /** Sets the progress of the run for the heartbeat. */
  progress(step: number): void {
    if (step !== this.#step) this.#stepMs = performance.now()
    this.#step = step
    if (performance.now() - this.#beatMs >= heartbeatEveryMs) this.#beat()
  }

  /**
   * Brings the events so far to the disk, into the file that has their name. Call it before a checkpoint is written: a run that is resumed
   * from there does not compute its steps again.
   */
  secure(): void {
    this.requireClaim()
    this.#keepFile()
    this.sync()
  }

  /** Flushes events to the disk. */
  sync(): void {
    fsyncSync(this.#events)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#beat()
    tidyUp(() => this.sync())
    closeSync(this.#events)
    tidyUp(() => this.#reserve[Symbol.dispose]())
  }

  /** Someone may have deleted or replaced `events.jsonl`. This process still has its bytes, and puts them back. */
  #keepFile(): void {
    const mine = fstatSync(this.#events)
    const there = statSync(this.#file, { throwIfNoEntry: false })
    if (there?.ino === mine.ino && there.dev === mine.dev) return
    const restored = `${this.#file}.restored`
    writeFileSync(restored, contentOf(this.#events), { flush: true })
    renameSync(restored, this.#file)
    closeSync(this.#events)
    this.#events = openSync(this.#file, 'a+')
    this.log('events.jsonl was deleted or replaced while this attempt was computing. It was written again.', 'warning')
  }

  #beatMs = 0
  #isBeatLost = false
  #beat(): void {
    this.requireClaim()
    this.#beatMs = performance.now()
    this.#keepFile()
    const beat: Heartbeat = {
      pid: process.pid,
      startedAt: this.#startedAt,
      at: new Date().toISOString(),
      step: this.#step,
      sinceStepMs: Math.round(performance.now() - this.#stepMs),
      waitsFor: this.#waitsFor(),
    }
    const path = join(this.#folder, runFiles.heartbeat)
    try {
      writeAtomically(path, JSON.stringify(beat), { sync: false })
      this.#isBeatLost = false
    } catch (cause) {
      // The run continues as long as its events can be written; one that cannot be written ends it.
      if (systemCode(cause) === undefined) throw cause
      if (this.#isBeatLost) return
      this.#isBeatLost = true
      process.stderr.write(
        `The heartbeat cannot be written: ${cause instanceof Error ? cause.message : String(cause)}\n`,
      )
    }
  }
}

/** The bytes of an open file. */
function contentOf(file: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(file).size)
  for (let read = 0, position = 0; position < bytes.length; position += read) {
    read = readSync(file, bytes, position, bytes.length - position, position)
    if (read === 0) break
  }
  return bytes
}

function endsWithNewline(file: number): boolean {
  const { size } = fstatSync(file)
  if (size === 0) return true
  const last = Buffer.alloc(1)
  readSync(file, last, 0, 1, size - 1)
  return last.toString() === '\n'
}
