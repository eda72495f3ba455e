import { dot, type LabelledFeatures, rowOf, unitRow } from './features.ts'

export interface NeighbourSettings {
  /** Number of training rows that vote; all of them if there are fewer. */
  readonly neighbours: number
  /** Of the votes exp(cosine / temperature). */
  readonly temperature: number
  readonly classes: number
}

/** Temperature of the votes (Wu et al., "Unsupervised feature learning via non-parametric instance discrimination", CVPR 2018). */
export const defaultTemperature = 0.07

/**
 * The weighted k-nearest-neighbour classifier of Wu et al. 2018: the training rows with the highest cosine to the query vote
 * for their classes with exp(cosine / temperature); earlier rows win ties. Returns the function from a query [width] to the scores of
 * all classes [classes].
 */
export function nearestNeighbours(
  train: LabelledFeatures,
  { neighbours, temperature, classes }: NeighbourSettings,
): (query: Float64Array) => Float64Array {
  const { labels, width } = train
  const bank = new Float64Array(train.rows.length)
  labels.forEach((_, index) => bank.set(unitRow(rowOf(train, index)), index * width))
  return (query) => {
    const unit = unitRow(query)
    const cosines = Float64Array.from(labels, (_, index) => dot(unit, bank, index * width))
    const scores = new Float64Array(classes)
    for (const index of highest(cosines, neighbours)) {
      const label = labels[index] ?? 0
      scores[label] = (scores[label] ?? 0) + Math.exp((cosines[index] ?? 0) / temperature)
    }
    return scores
  }
}

/** Indices of the `count` highest values, highest first, earlier ones first among equals. */
export function highest(values: Float64Array, count: number): number[] {
  const found: number[] = []
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0
    const last = found.at(-1)
    if (found.length >= count && (last === undefined || value <= (values[last] ?? 0))) continue
    let place = found.length
    while (place > 0 && value > (values[found[place - 1] ?? 0] ?? 0)) place -= 1
    found.splice(place, 0, index)
    if (found.length > count) found.pop()
  }
  return found
}
