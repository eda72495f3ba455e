import { StudioError } from '#contract/api/errors.ts'
import { formatBytes } from '#contract/format.ts'
import { freeBytes } from '#node/disk-space.ts'

const lookEveryMs = 1000
/** Beside a checkpoint, a run writes events, pictures and its heartbeat. */
const besideBytes = 16 * 2 ** 20

/** A run warns at this many times the space that it needs. */
const warnsAt = 4

/** Looks how much space the disk of a run has left, so that the run can save and end before it is full. */
export class DiskWatch {
  readonly #folder: string
  readonly #neededBytes: number
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #free: number | undefined
  #hasWarned = false

  /** @param parameterCount trainable parameters; a checkpoint holds them and two moments of each, as float32 */
  constructor(folder: string, parameterCount: number) {
    this.#folder = folder
    this.#neededBytes = 3 * 4 * parameterCount + besideBytes
  }

  /**
   * Whether the disk has less space than the next checkpoint needs. It is looked at once per second.
   * @param warn gets a sentence once, when the disk has space for a few checkpoints only
   */
  isLow(warn: (message: string) => void): boolean {
    if (performance.now() - this.#lookedAtMs >= lookEveryMs) {
      this.#lookedAtMs = performance.now()
      this.#free = freeBytes(this.#folder)
    }
    if (this.#free === undefined) return false
    if (!this.#hasWarned && this.#free < warnsAt * this.#neededBytes) {
      this.#hasWarned = true
      warn(
        `The disk has ${formatBytes(this.#free)} left. The run saves its state and ends when it has less than ${formatBytes(this.#neededBytes)}.`,
      )
    }
    return this.#free < this.#neededBytes
  }

  /** The end of a run that stopped because of it. */
  error(step: number): StudioError {
    return new StudioError(
      'disk-full',
      `The disk has ${formatBytes(this.#free ?? 0)} left at step ${step}, and the next checkpoint of this run needs ${formatBytes(this.#neededBytes)}. The run saved its state and ended before the disk was full.`,
      'Free some space, then resume the run.',
    )
  }
}
