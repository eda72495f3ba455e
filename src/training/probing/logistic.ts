import { dot, type LabelledFeatures, rowOf } from './features.ts'
import { minimise, type Iterate, type Objective } from './lbfgs.ts'

/** A multinomial logistic regression as one vector: weights [classes, width], then biases [classes]. */
export type Classifier = Float64Array

const tolerance = 1e-6

/**
 * Fits by L-BFGS from `start`: the mean cross entropy of the rows plus weightDecay / 2 times the squared weights, without biases.
 * The function is strictly convex in the weights, so the result does not depend on the start. Yields each iterate.
 */
export function fitLogistic(
  features: LabelledFeatures,
  classes: number,
  weightDecay: number,
  start: Classifier = freshClassifier(features.width, classes),
): Generator<Iterate, void, void> {
  return minimise(logisticLoss(features, classes, weightDecay), start, tolerance)
}

export const freshClassifier = (width: number, classes: number): Classifier => new Float64Array((width + 1) * classes)

export function logisticLoss(features: LabelledFeatures, classes: number, weightDecay: number): Objective {
  const { width, labels } = features
  return (classifier, gradient) => {
    const weights = classes * width
    for (let i = 0; i < weights; i++) gradient[i] = weightDecay * (classifier[i] ?? 0)
    gradient.fill(0, weights)
    let loss = 0
    for (let i = 0; i < weights; i++) loss += 0.5 * weightDecay * (classifier[i] ?? 0) ** 2
    labels.forEach((label, index) => {
      const row = rowOf(features, index)
      const logProbabilities = logSoftmax(classScores(classifier, row, classes))
      loss -= (logProbabilities[label] ?? 0) / labels.length
      for (let c = 0; c < classes; c++) {
        const excess = (Math.exp(logProbabilities[c] ?? 0) - (c === label ? 1 : 0)) / labels.length
        gradient[weights + c] = (gradient[weights + c] ?? 0) + excess
        for (let i = 0, at = c * width; i < width; i++, at++)
          gradient[at] = (gradient[at] ?? 0) + excess * (row[i] ?? 0)
      }
    })
    return loss
  }
}

/** Mean cross entropy of the rows. */
export function crossEntropy(classifier: Classifier, features: LabelledFeatures, classes: number): number {
  let loss = 0
  features.labels.forEach((label, index) => {
    loss -= logSoftmax(classScores(classifier, rowOf(features, index), classes))[label] ?? 0
  })
  return loss / features.labels.length
}

/** Scores before the softmax [classes] of one row [width]. */
export function classScores(classifier: Classifier, row: Float64Array, classes: number): Float64Array {
  const width = row.length
  const scores = classifier.slice(classes * width)
  for (let c = 0; c < classes; c++) scores[c] = (scores[c] ?? 0) + dot(row, classifier, c * width)
  return scores
}

export function logSoftmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0)
  return scores.map((score) => score - largest - Math.log(sum))
}
