/** Shares of videos whose class has the highest score, or one of the five highest. */
export interface Accuracy {
  readonly top1: number
  readonly top5: number
}

/** Counts how often the true class is among those with the highest scores. Ties count against the model. */
export class Ranking {
  #answers = 0
  #first = 0
  #five = 0

  /** Adds the scores of all classes [C] for one video. */
  add(scores: ArrayLike<number>, label: number): void {
    const score = scores[label] ?? Number.NEGATIVE_INFINITY
    let above = 0
    for (let other = 0; other < scores.length; other++) if (other !== label && (scores[other] ?? 0) >= score) above += 1
    this.#answers += 1
    this.#first += above < 1 ? 1 : 0
    this.#five += above < 5 ? 1 : 0
  }

  /** @throws Error if nothing was added. */
  conclude(): Accuracy {
    if (this.#answers === 0) throw new Error('There is nothing to rank.')
    return { top1: this.#first / this.#answers, top5: this.#five / this.#answers }
  }
}
