import type { StudioDatabase } from '../database/open.ts'

/** Time of a step since the first start of its run, with and without pauses between attempts. */
export interface StepTime {
  step: number
  wallMs: number
  computeMs: number
}

/** A step is skipped if less than this share of the run's time has passed since the last recorded one. */
const resolution = 1 / 2000

/** Times of the steps of runs, sampled. */
export class StepTimes {
  readonly #ofRun
  readonly #last
  readonly #upTo
  readonly #add
  readonly #deleteAfter

  constructor(database: StudioDatabase) {
    this.#ofRun = database.prepare<[number], StepTime>(
      'SELECT step, wall_ms AS wallMs, compute_ms AS computeMs FROM step_time WHERE run = ? ORDER BY step',
    )
    this.#last = database.prepare<[number], StepTime>(
      'SELECT step, wall_ms AS wallMs, compute_ms AS computeMs FROM step_time WHERE run = ? ORDER BY step DESC LIMIT 1',
    )
    this.#upTo = database.prepare<[number, number], StepTime>(
      'SELECT step, wall_ms AS wallMs, compute_ms AS computeMs FROM step_time WHERE run = ? AND step <= ? ORDER BY step DESC LIMIT 1',
    )
    // A step is computed before it is validated: the first time is its own.
    this.#add = database.prepare<StepTime & { run: number }>(
      'INSERT OR IGNORE INTO step_time (run, step, wall_ms, compute_ms) VALUES ($run, $step, $wallMs, $computeMs)',
    )
    this.#deleteAfter = database.prepare<[number, number]>('DELETE FROM step_time WHERE run = ? AND step > ?')
  }

  /** Times of a run by its key, ascending by step. */
  ofRun(run: number): StepTime[] {
    return this.#ofRun.all(run)
  }

  /** The last recorded time up to a step; undefined if there is none. */
  upTo(run: number, step: number): StepTime | undefined {
    return this.#upTo.get(run, step)
  }

  /** Records the times of consecutive steps, leaving out those that lie close to the one before. */
  append(run: number, times: readonly StepTime[]): void {
    let lastMs = times.length === 0 ? undefined : this.#last.get(run)?.wallMs
    for (const time of times) {
      if (lastMs !== undefined && time.wallMs - lastMs < time.wallMs * resolution) continue
      this.add(run, time)
      lastMs = time.wallMs
    }
  }

  /** Records a time, however close it lies to the one before. */
  add(run: number, time: StepTime): void {
    this.#add.run({ run, ...time })
  }

  /** Removes the times after `step`. */
  rewind(run: number, step: number): void {
    this.#deleteAfter.run(run, step)
  }
}
