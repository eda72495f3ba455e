import type { TestResult } from '#contract/domain/result.ts'
import type { EvaluateConfiguration } from '#contract/stages/evaluate.ts'

/** Softmax of each row: logits [N, C] -> probabilities [N, C]. */
function softmaxRows(logits: ArrayLike<number>, classes: number): Float64Array {
  const probabilities = new Float64Array(logits.length)
  for (let row = 0; row < logits.length; row += classes) {
    let largest = Number.NEGATIVE_INFINITY
    for (let i = row; i < row + classes; i++) largest = Math.max(largest, logits[i] ?? 0)
    let sum = 0
    for (let i = row; i < row + classes; i++) sum += probabilities[i] = Math.exp((logits[i] ?? 0) - largest)
    for (let i = row; i < row + classes; i++) probabilities[i] = (probabilities[i] ?? 0) / sum
  }
  return probabilities
}

/**
 * Gathers views into videos: the softmax of each view is averaged per video (docs/method.md, Test), or else the logits, of which the
 * softmax is then taken. A video is identified by its id.
 */
export class ViewAverage {
  readonly #classes: number
  readonly #average: EvaluateConfiguration['viewAverage']
  readonly #videos = new Map<string, { label: number; views: number; sum: Float64Array }>()

  constructor(classes: number, average: EvaluateConfiguration['viewAverage'] = 'softmax') {
    this.#classes = classes
    this.#average = average
  }

  /** Adds the logits [C] of one view. */
  add(video: string, label: number, logits: ArrayLike<number>): void {
    const entry = this.#videos.get(video) ?? { label, views: 0, sum: new Float64Array(this.#classes) }
    const scores = this.#average === 'softmax' ? softmaxRows(logits, this.#classes) : Float64Array.from(logits)
    scores.forEach((score, index) => {
      entry.sum[index] = (entry.sum[index] ?? 0) + score
    })
    entry.views += 1
    this.#videos.set(video, entry)
  }

  /** Top-1 and top-5 accuracy, mean cross entropy and confusion matrix over videos. */
  conclude(classes: readonly string[]): TestResult & { loss: number } {
    const confusion = classes.map(() => classes.map(() => 0))
    let [first, five, loss, views] = [0, 0, 0, 0]
    for (const { label, sum, views: count } of this.#videos.values()) {
      const means = sum.map((score) => score / count)
      const probabilities = this.#average === 'softmax' ? means : softmaxRows(means, this.#classes)
      const probability = probabilities[label] ?? 0
      // Ties count against the model: every class with at least the same score ranks higher.
      const rank = probabilities.reduce(
        (above, other, index) => above + (index !== label && other >= probability ? 1 : 0),
        0,
      )
      first += rank < 1 ? 1 : 0
      five += rank < 5 ? 1 : 0
      loss -= Math.log(Math.max(probability, Number.MIN_VALUE))
      views += count
      const row = confusion[label]
      const predicted = probabilities.indexOf(Math.max(...probabilities))
      if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1
    }
    const videos = this.#videos.size
    return {
      task: 'classification',
      top1: first / videos,
      top5: five / videos,
      loss: loss / videos,
      videos,
      views,
      classes: [...classes],
      confusion,
    }
  }
}
