import { peakMemoryMib } from '../planning/peak.ts'
import type { Metrics } from '../stages/stage.ts'

const reportEveryMs = 1000

/** Measures throughput over whole steps, with at most one report per second so that the value is readable. */
export class SpeedMeter {
  readonly #batchSize: number
  #since = performance.now()
  #pausedMs = 0
  #pausedAt = performance.now()
  #waitMs = 0
  #steps = 0

  constructor(batchSize: number) {
    this.#batchSize = batchSize
  }

  /** Records a finished step and the time that it waited for data. */
  add(waitMs: number): void {
    this.#waitMs += waitMs
    this.#steps += 1
    this.#pausedAt = performance.now()
  }

  /** Excludes the time since the last step: saving a checkpoint or a picture is not training. */
  pause(): void {
    this.#pausedMs += performance.now() - this.#pausedAt
  }

  /** Metrics since the last report; none if that was less than a second ago. */
  take(): Metrics {
    const elapsedMs = performance.now() - this.#since - this.#pausedMs
    if (elapsedMs < reportEveryMs || this.#steps === 0) return {}
    const report: Metrics = {
      'speed/clips-per-second': (this.#steps * this.#batchSize * 1000) / elapsedMs,
      'speed/data-wait': (100 * this.#waitMs) / elapsedMs,
      'system/memory': process.memoryUsage.rss() / 2 ** 20,
      'system/peak-memory': peakMemoryMib(),
    }
    this.#since = performance.now()
    this.#pausedMs = 0
    this.#waitMs = 0
    this.#steps = 0
    return report
  }
}
