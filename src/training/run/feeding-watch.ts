import { feedingMetrics, type WaitCause, waitCause } from '#contract/domain/feeding.ts'
import type { LogLine } from '#contract/domain/run.ts'
import { formatShare } from '#contract/format.ts'
import type { FeedingWork } from '../data/clip.ts'
import type { Metrics } from '../stages/stage.ts'

const nothing: FeedingWork = { clips: 0, decoded: 0, readMs: 0, totalMs: 0 }

/** Measures for each epoch how long training waited for data, and says once for each cause why it waited long and what to do. */
export class FeedingWatch {
  readonly #stepsPerEpoch: number
  readonly #epochs: number
  readonly #work: () => FeedingWork
  readonly #log: (message: string, level: LogLine['level']) => void
  readonly #said = new Set<WaitCause>()
  #before: FeedingWork
  #isFirst = true
  #tookMs = 0
  #waitedMs = 0

  constructor(
    { stepsPerEpoch, epochs }: { readonly stepsPerEpoch: number; readonly epochs: number },
    work: (() => FeedingWork) | undefined,
    log: (message: string, level: LogLine['level']) => void,
  ) {
    this.#stepsPerEpoch = stepsPerEpoch
    this.#epochs = epochs
    this.#work = work ?? (() => nothing)
    this.#log = log
    this.#before = this.#work()
  }

  /** Notes a computed step, counted from 1. @returns the metrics of its epoch if it is the last step of one */
  add(step: number, { tookMs, waitedMs }: { readonly tookMs: number; readonly waitedMs: number }): Metrics {
    this.#tookMs += tookMs
    this.#waitedMs += waitedMs
    if (step % this.#stepsPerEpoch !== 0) return {}
    const [now, before] = [this.#work(), this.#before]
    const clips = now.clips - before.clips
    const totalMs = now.totalMs - before.totalMs
    const feeding = {
      waitedMs: this.#waitedMs,
      wait: percent(this.#waitedMs, this.#tookMs),
      decoded: percent(now.decoded - before.decoded, clips),
      reading: percent(now.readMs - before.readMs, totalMs),
      isFirst: this.#isFirst,
    }
    const cause = waitCause(feeding)
    const epoch = step / this.#stepsPerEpoch
    // What only the last epoch shows helps no later one.
    if (cause !== undefined && !this.#said.has(cause) && !(cause === 'first-decoding' && epoch === this.#epochs)) {
      this.#said.add(cause)
      const waited = `Training waited ${formatShare(feeding.wait / 100)} of the time of epoch ${epoch} for data`
      this.#log(`${waited}${reasons[cause](feeding)}`, cause === 'first-decoding' ? 'info' : 'warning')
    }
    this.#before = now
    this.#isFirst = false
    this.#tookMs = 0
    this.#waitedMs = 0
    return {
      [feedingMetrics.wait]: feeding.wait,
      ...(clips === 0 ? {} : { [feedingMetrics.decoded]: feeding.decoded, [feedingMetrics.reading]: feeding.reading }),
    }
  }
}

const percent = (part: number, whole: number): number => (whole > 0 ? (100 * part) / whole : 0)

const reasons: Readonly<Record<WaitCause, (feeding: { decoded: number; reading: number }) => string>> = {
  'first-decoding': ({ decoded }) =>
    `: ${formatShare(decoded / 100)} of its clips were decoded. Later epochs read their frames from the frame cache, as far as they fit into its budget.`,
  decoding: ({ decoded }) =>
    `: ${formatShare(decoded / 100)} of its clips were decoded again, since their frames are not in the frame cache. Raise its budget in Settings or with: frames budget GIB`,
  disk: ({ reading }) =>
    `, while the decoder processes read cached frames for ${formatShare(reading / 100)} of theirs: the disk of the workspace is too slow. Move the workspace to a faster disk, or close programs, so that the system keeps more files in memory.`,
  processing: () =>
    ', although the frames are cached: the decoder processes crop and augment more slowly than training computes. Let fewer runs compute at once, lower randAugment of fine-tuning, or use more processor cores.',
}
