import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type PackedSeries, unpackSeries } from '#contract/domain/packed-series.ts'
import { runEvent } from '#contract/domain/run-event.ts'
import type { Run } from '#contract/domain/run.ts'
import { isWhole } from '#node/event-line.ts'
import { findProcess, processArguments } from '#node/processes.ts'
import type { Answer, Ask } from './studio.ts'

export const runId = 'p.image-teacher'

/** Longer than anything should take, even on a busy machine. */
const patienceMs = 60_000

type Unnumbered = Ask extends infer A ? (A extends Ask ? Omit<A, 'id' | 'runId'> : never) : never

/** A studio and its run in a trial. */
export class World {
  readonly workspace: string
  readonly folder: string
  readonly events: string
  /** Steps whose points a fault took away before the studio had read them. */
  readonly takenAway = new Set<number>()
  /** Steps whose points a fault took away after the studio had read them. */
  readonly #onlyInDatabase = new Set<number>()
  /** Longest time from the death of a process until the studio said so. */
  slowestTruthMs = 0
  #studio: ChildProcess | undefined
  #asks = 0
  #said = ''

  constructor(workspace: string) {
    this.workspace = workspace
    this.folder = join(workspace, 'runs', runId)
    this.events = join(this.folder, 'events.jsonl')
  }

  /** What the studios of this trial printed on standard error. */
  get said(): string {
    return this.#said
  }

  get isOpen(): boolean {
    return this.#studio !== undefined
  }

  async open(): Promise<void> {
    const studio = fork(resolve(import.meta.dirname, 'studio.ts'), [this.workspace], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    studio.stderr?.on('data', (text: Buffer) => (this.#said += text.toString()))
    const isReady = await Promise.race([
      once(studio, 'message').then(() => true),
      once(studio, 'exit').then(() => false),
    ])
    if (!isReady) throw new Error(`The studio did not open: ${this.#said}`)
    this.#studio = studio
  }

  async killStudio(): Promise<void> {
    const studio = this.#studio
    if (studio === undefined) return
    this.#studio = undefined
    const gone = once(studio, 'exit')
    studio.kill('SIGKILL')
    await gone
  }

  /** Ends everything that the trial started. */
  async close(): Promise<void> {
    await this.killStudio()
    for (let pid = this.trainer(); pid !== undefined; pid = this.trainer()) {
      kill(pid, 'SIGKILL')
      await delay(5)
    }
  }

  /** Process of the run, if one lives. */
  trainer(): number | undefined {
    const pid = findProcess('run', this.folder)
    return pid === undefined || processArguments(pid) === undefined ? undefined : pid
  }

  async ask(ask: Unnumbered['ask']): Promise<unknown> {
    const studio = this.#studio
    if (studio === undefined) throw new Error('No studio is open.')
    const id = ++this.#asks
    const answered = new Promise<Answer>((resolve, reject) => {
      const leave = () => {
        studio.off('message', listen)
        studio.off('exit', fail)
      }
      const fail = () => reject(new Error(`The studio ended by itself: ${this.#said}`))
      const listen = (answer: Answer) => {
        if (!('id' in answer) || answer.id !== id) return
        leave()
        resolve(answer)
      }
      studio.on('message', listen)
      studio.on('exit', fail)
    })
    studio.send({ id, ask, runId } satisfies Ask)
    const answer = await answered
    if ('refusal' in answer) throw new Error(answer.refusal)
    return 'value' in answer ? answer.value : undefined
  }

  run = async (): Promise<Run> => (await this.ask('run')) as Run

  /** Losses by step, as the studio has them. */
  async points(): Promise<Map<number, number>> {
    const [series] = (await this.ask('points')) as PackedSeries[]
    if (series === undefined) return new Map()
    const { start, last } = unpackSeries(series, Buffer.from(series.columns, 'base64'))
    return new Map(start.map((step, index) => [step, Number(last[index])]))
  }

  /** Waits until the run is as wanted, and returns it. */
  async until(isReached: (run: Run) => boolean): Promise<Run> {
    const from = performance.now()
    for (;;) {
      const run = await this.run()
      if (isReached(run)) return run
      if (performance.now() - from > patienceMs)
        throw new Error(`Nothing happened for a minute: the run is ${run.status} at step ${run.step}.\n${this.#said}`)
      await delay(10)
    }
  }

  /** Steps whose points are in whole lines on the disk, as their checksums say. */
  stepsOnDisk(): number[] {
    if (!existsSync(this.events)) return []
    return readFileSync(this.events, 'utf8')
      .split('\n')
      .slice(0, -1)
      .filter(isWhole)
      .flatMap((line) => {
        try {
          const event = runEvent.parse(JSON.parse(line))
          return event.type === 'metrics' ? [event.step] : []
        } catch {
          return []
        }
      })
  }

  /** Does something to the events, and remembers which points it takes away that no studio has read. */
  async damageEvents(damage: () => void): Promise<void> {
    // What the process writes meanwhile would be neither read before nor taken away.
    const pid = this.trainer()
    kill(pid, 'SIGSTOP')
    try {
      await this.#damage(damage)
    } finally {
      kill(pid, 'SIGCONT')
    }
  }

  async #damage(damage: () => void): Promise<void> {
    const read = this.isOpen ? await this.points() : new Map<number, number>()
    const before = this.stepsOnDisk()
    damage()
    const after = new Set(this.stepsOnDisk())
    for (const step of before) if (!after.has(step)) (read.has(step) ? this.#onlyInDatabase : this.takenAway).add(step)
  }

  /** The database is lost, and with it what the events have no longer. */
  noteLostDatabase(): void {
    for (const step of this.#onlyInDatabase) this.takenAway.add(step)
  }

  checkpoints(): string[] {
    const folder = join(this.folder, 'checkpoints')
    return existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.startsWith('step-'))
          .toSorted()
      : []
  }
}

/** Sends a signal to a process that may have ended. */
export function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}
