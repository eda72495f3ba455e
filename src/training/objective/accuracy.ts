import { StudioError } from '#contract/api/errors.ts'
import { hasTopFive, packHits, type TestResult } from '#contract/domain/result.ts'
import type { EvaluateConfiguration } from '#contract/stages/evaluate.ts'
import { rankOf } from './rank.ts'

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

/** A view of a video, for the average and for messages. */
export interface ViewOfVideo {
  /** Id of the sample. */
  readonly id: string
  readonly path: string
  /** Which clip and crop it is: `clip 1 of 5, crop 2 of 3`. */
  readonly view: string
}

/**
 * Gathers views into videos: the softmax of each view is averaged per video (docs/method.md, Test), or else the logits, of which the
 * softmax is then taken. A video is identified by its id.
 */
export class ViewAverage {
  readonly #classes: readonly string[]
  readonly #average: EvaluateConfiguration['viewAverage']
  readonly #videos = new Map<string, { label: number; views: number; sum: Float64Array }>()

  constructor(classes: readonly string[], average: EvaluateConfiguration['viewAverage'] = 'softmax') {
    this.#classes = classes
    this.#average = average
  }

  /**
   * Adds the logits [C] of one view.
   * @throws StudioError `diverged`, naming video and view, if a logit is NaN or infinite.
   */
  add({ id, path, view }: ViewOfVideo, label: number, logits: ArrayLike<number>): void {
    const classes = this.#classes.length
    if (logits.length !== classes || this.#classes[label] === undefined)
      throw new Error(`${path} has ${logits.length} scores and the class ${label} of ${classes} classes.`)
    const broken = this.#classes.findIndex((_, index) => !Number.isFinite(logits[index]))
    if (broken >= 0)
      throw new StudioError(
        'diverged',
        `The scores of ${path} (${view}) are not numbers: that of the class ${this.#classes[broken]} is ${logits[broken]}.`,
        'The activations of the model overflow. Lower the learning rate of its training, or compute in float32 (general.precision).',
      )
    const entry = this.#videos.get(id) ?? { label, views: 0, sum: new Float64Array(classes) }
    const scores = this.#average === 'softmax' ? softmaxRows(logits, classes) : Float64Array.from(logits)
    scores.forEach((score, index) => {
      entry.sum[index] = (entry.sum[index] ?? 0) + score
    })
    entry.views += 1
    this.#videos.set(id, entry)
  }

  /**
   * Top-1 and top-5 accuracy, mean cross entropy and confusion matrix over videos. Ties count against the model in all of them.
   * @throws Error if nothing was added.
   */
  conclude(): TestResult & { loss: number } {
    const classes = this.#classes
    const confusion = classes.map(() => classes.map(() => 0))
    const hits = new Map<string, boolean>()
    let [first, five, loss, views] = [0, 0, 0, 0]
    for (const [id, { label, sum, views: count }] of this.#videos) {
      const means = sum.map((score) => score / count)
      const probabilities = this.#average === 'softmax' ? means : softmaxRows(means, classes.length)
      const rank = rankOf(probabilities, label)
      first += rank < 1 ? 1 : 0
      hits.set(id, rank < 1)
      five += rank < 5 ? 1 : 0
      loss -= Math.log(Math.max(probabilities[label] ?? 0, Number.MIN_VALUE))
      views += count
      const row = confusion[label]
      const predicted = rank === 0 ? label : highestOther(probabilities, label)
      if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1
    }
    const videos = this.#videos.size
    if (videos === 0) throw new Error('There is no video to conclude on.')
    requireAgreement(confusion, videos, first)
    return {
      task: 'classification',
      top1: first / videos,
      top5: hasTopFive(classes.length) ? five / videos : null,
      loss: loss / videos,
      videos,
      views,
      classes: [...classes],
      confusion,
      hits: packHits([...hits.keys()].toSorted().map((id) => hits.get(id) === true)),
    }
  }
}

/** The class with the highest probability besides `label`; the first of equals. */
function highestOther(probabilities: Float64Array, label: number): number {
  const others = probabilities.map((probability, index) => (index === label ? Number.NEGATIVE_INFINITY : probability))
  return others.indexOf(Math.max(...others))
}

/** The matrix holds every tested video, and its diagonal those that count as correct. @throws Error if not */
function requireAgreement(confusion: readonly (readonly number[])[], videos: number, correct: number): void {
  const sum = confusion.flat().reduce((total, count) => total + count, 0)
  const trace = confusion.reduce((total, row, index) => total + (row[index] ?? 0), 0)
  if (sum !== videos || trace !== correct)
    throw new Error(
      `The confusion matrix holds ${sum} videos, ${trace} of them correct, but ${videos} were tested and ${correct} were correct.`,
    )
}
