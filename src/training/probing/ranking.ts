import { hasTopFive } from '#contract/domain/result.ts'
import { rankOf } from '../objective/rank.ts'

/** Shares of videos whose class has the highest score, or one of the five highest; the latter is null for fewer than six classes. */
export interface Accuracy {
  readonly top1: number
  readonly top5: number | null
}

/** Counts how often the true class is among those with the highest scores. Ties count against the model. */
export class Ranking {
  readonly #classes: number
  #answers = 0
  #first = 0
  #five = 0

  constructor(classes: number) {
    this.#classes = classes
  }

  /** Adds the scores of all classes [C] for one video. @throws Error if a score is NaN or infinite. */
  add(scores: ArrayLike<number>, label: number): void {
    if (scores.length !== this.#classes)
      throw new Error(`There are ${scores.length} scores of ${this.#classes} classes.`)
    const rank = rankOf(scores, label)
    this.#answers += 1
    this.#first += rank < 1 ? 1 : 0
    this.#five += rank < 5 ? 1 : 0
  }

  /** @throws Error if nothing was added. */
  conclude(): Accuracy {
    if (this.#answers === 0) throw new Error('There is nothing to rank.')
    return {
      top1: this.#first / this.#answers,
      top5: hasTopFive(this.#classes) ? this.#five / this.#answers : null,
    }
  }
}
