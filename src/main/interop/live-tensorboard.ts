import { existsSync } from 'node:fs'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { FollowEvent } from '#contract/api/contract.ts'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { refuseSpecialFile } from '#node/regular-file.ts'
import { parseEvent } from '../runs/apply.ts'
import { readLines } from '../runs/tail.ts'
import type { ExportedRun } from './exporter.ts'
import { endRecords, eventFileName, pointRecords, restartRecord, startRecords } from './tensorboard.ts'

/** How much of a run's events is in its event file: `read` bytes of `events.jsonl` became `written` bytes. */
const cursorFile = z.object({ read: z.int().nonnegative(), written: z.int().nonnegative() })
type Cursor = z.infer<typeof cursorFile>
const cursorName = 'mvd-studio.json'
const start: Cursor = { read: 0, written: 0 }

export interface LiveTensorBoardOptions {
  /** The folder that TensorBoard reads; null if nothing is to be written. */
  readonly folder: () => string | null
  /** A run; undefined if it is gone. */
  readonly find: (id: string) => ExportedRun | undefined
  /** All runs. */
  readonly runs: () => readonly { readonly id: string; readonly isRunning: boolean }[]
  readonly onProblem: (error: unknown) => void
}

/**
 * Writes the events of runs for TensorBoard while they compute. It follows the files of the runs from cursors of its own, so that it
 * neither delays the studio nor misses anything. The bytes of an event file follow from the events alone: after a crash the file is
 * cut to what the cursor vouches for and written again from there, so that no point is doubled, and a TensorBoard that has read
 * further finds the same bytes.
 */
export class LiveTensorBoard {
  readonly #options: LiveTensorBoardOptions
  readonly #waiting = new Set<string>()
  /** Runs that were written since the start. */
  readonly #followed = new Set<string>()
  readonly #said = new Set<string>()
  #work: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: LiveTensorBoardOptions) {
    this.#options = options
  }

  /** Writes what runs recorded while nothing was written: those that compute, and those whose event file is incomplete. */
  open(): void {
    this.#said.clear()
    const folder = this.#options.folder()
    if (folder === null) return
    for (const { id, isRunning } of this.#options.runs())
      if (isRunning) this.#add(id)
      else if (existsSync(join(folder, id, cursorName))) this.#note(id)
  }

  /** New points of runs. */
  follow(event: FollowEvent): void {
    if (event.type === 'points') for (const { runId } of event.series) this.#add(runId)
    else if (event.type === 'rewound') this.#add(event.runId)
  }

  /** A run changed; its end is written if its points were. */
  changed(id: string): void {
    if (this.#followed.has(id)) this.#note(id)
  }

  /** Completes what is waiting. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#work
  }

  #add(id: string): void {
    this.#followed.add(id)
    this.#note(id)
  }

  #note(id: string): void {
    if (this.#options.folder() === null || this.#isClosed) return
    this.#waiting.add(id)
    if (this.#waiting.size === 1) this.#work = this.#work.then(() => this.#drain())
  }

  async #drain(): Promise<void> {
    for (const id of this.#waiting) {
      this.#waiting.delete(id)
      try {
        await this.#catchUp(id)
      } catch (cause) {
        this.#report(cause)
      }
    }
  }

  /** Says each problem once, until the studio or the folder changes. */
  #report(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `Nothing is written for TensorBoard: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`
    if (this.#said.has(message)) return
    this.#said.add(message)
    this.#options.onProblem(
      new StudioError('bad-request', message, 'Correct the folder or choose another one; runs are not affected.', {
        cause,
      }),
    )
  }

  async #catchUp(id: string): Promise<void> {
    const root = this.#options.folder()
    const exported = root === null ? undefined : this.#options.find(id)
    if (root === null || exported === undefined) return
    const file = join(root, id, eventFileName(exported.run))
    const cursorPath = join(root, id, cursorName)
    let cursor = await readCursor(cursorPath, file)
    let lines = readLines(exported.events, cursor.read)
    if (lines.length > 0) await mkdir(dirname(file), { recursive: true })
    while (lines.length > 0) {
      const records = lines.map(({ text }) => recordsOf(parseEvent(text), exported))
      const bytes = Buffer.concat(cursor.written === 0 ? [startRecords(exported), ...records] : records)
      await writeAt(file, cursor.written, bytes)
      cursor = { read: lines.at(-1)?.end ?? cursor.read, written: cursor.written + bytes.length }
      writeAtomically(cursorPath, `${JSON.stringify(cursor)}\n`, { sync: false })
      await setImmediate()
      lines = readLines(exported.events, cursor.read)
    }
  }
}

/**
 * The cursor of an event file: its start if there is no file yet, or if the file lost bytes.
 * @throws StudioError `already-exists` for an event file without a cursor, which something else has written
 */
async function readCursor(path: string, file: string): Promise<Cursor> {
  const sizeBytes = await sizeOf(file)
  let text: string
  try {
    refuseSpecialFile(path)
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause
    if (sizeBytes === undefined) return start
    throw new StudioError(
      'already-exists',
      `${file} is an earlier export.`,
      'Choose another folder, or remove the file.',
      { cause },
    )
  }
  const cursor = cursorFile.safeParse(parseJson(text)).data
  return cursor === undefined || sizeBytes === undefined || sizeBytes < cursor.written ? start : cursor
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}

/** Writes bytes at an offset and cuts what a crash left behind it. */
async function writeAt(file: string, offset: number, bytes: Buffer): Promise<void> {
  refuseSpecialFile(file)
  const handle = await open(file, offset === 0 ? 'w' : 'r+')
  try {
    if ((await handle.stat()).size > offset) await handle.truncate(offset)
    for (let done = 0; done < bytes.length;)
      done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
  } finally {
    await handle.close()
  }
}

function recordsOf(event: RunEvent | undefined, { run }: ExportedRun): Buffer {
  switch (event?.type) {
    case 'started':
      return event.attempt > 1 ? restartRecord(Date.parse(event.at), event.fromStep) : Buffer.alloc(0)
    case 'metrics': {
      const { step, at, values } = event
      const timeMs = Date.parse(at)
      return pointRecords(
        Object.entries(values).map(([metric, value]) => ({ metric, step, value: decodeMetric(value), timeMs })),
      )
    }
    case 'ended':
      // TensorBoard keeps the first end of a run. One that did not finish can be resumed.
      return event.status === 'finished'
        ? endRecords({ ...run, status: 'finished', endedAt: event.at })
        : Buffer.alloc(0)
    default:
      return Buffer.alloc(0)
  }
}
