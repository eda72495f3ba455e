import { formatDuration, formatNumber, formatQuantity } from '#contract/format.ts'

/** Writes a line for each epoch: the mean loss over its steps, the learning rate at its end, and its time. */
export class EpochLog {
  readonly #stepsPerEpoch: number
  readonly #epochs: number
  readonly #log: (message: string) => void
  #since = performance.now()
  #lossSum = 0
  #steps = 0

  constructor(
    { stepsPerEpoch, epochs }: { readonly stepsPerEpoch: number; readonly epochs: number },
    log: (message: string) => void,
  ) {
    this.#stepsPerEpoch = stepsPerEpoch
    this.#epochs = epochs
    this.#log = log
  }

  /** Notes a computed step, counted from 1. Of an epoch that an earlier attempt began, it says how many steps the line is about. */
  add(step: number, { loss, learningRate }: { readonly loss: number; readonly learningRate: number }): void {
    this.#lossSum += loss
    this.#steps += 1
    if (step % this.#stepsPerEpoch !== 0) return
    const part = this.#steps === this.#stepsPerEpoch ? '' : ` over its last ${formatQuantity(this.#steps, 'step')}`
    const time = formatDuration(performance.now() - this.#since)
    this.#log(
      `Epoch ${step / this.#stepsPerEpoch} of ${this.#epochs}: loss ${formatNumber(this.#lossSum / this.#steps)}${part}, learning rate ${formatNumber(learningRate, 3)}, ${time}.`,
    )
    this.#since = performance.now()
    this.#lossSum = 0
    this.#steps = 0
  }
}
