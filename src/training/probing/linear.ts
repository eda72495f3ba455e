import { StudioError } from '#contract/api/errors.ts'
import { type LabelledFeatures, rowOf } from './features.ts'
import { type Classifier, classScores, crossEntropy, fitLogistic, freshClassifier } from './logistic.ts'
import { type Accuracy, Ranking } from './ranking.ts'
import { standardiser } from './standardise.ts'

export interface ProbedSplits {
  readonly train: LabelledFeatures
  /** May be empty. */
  readonly validation: LabelledFeatures
  readonly test: LabelledFeatures
}

export interface LinearResult extends Accuracy {
  readonly weightDecay: number
  readonly isChosenOnValidation: boolean
  /** Iterations of L-BFGS for the selected classifier. */
  readonly iterations: number
}

export interface FittingWork {
  /** Called with the number of fitted classifiers, or of steps. */
  report(done: number, total: number): void
  /** Called between iterations; throws to stop. */
  pause(): Promise<void>
}

/** Candidates if there are validation videos, from strong to weak; each fit starts from the one before. */
const weightDecays = [1, 0.1, 0.01, 0.001, 0.0001] as const
/** Without validation videos. */
const usualWeightDecay = 0.01
const mostIterations = 300

/**
 * Multinomial logistic regression on features standardised by the training videos. The weight decay with the lowest cross entropy on
 * the validation videos is selected. Deterministic.
 * @throws StudioError `diverged` if a fit does not stay finite
 */
export async function linearProbe(
  splits: ProbedSplits,
  classes: number,
  { report, pause }: FittingWork,
): Promise<LinearResult> {
  const standardise = standardiser(splits.train)
  const [train, validation, test] = [
    standardise(splits.train),
    standardise(splits.validation),
    standardise(splits.test),
  ]
  const isChosenOnValidation = validation.labels.length > 0
  const tried = isChosenOnValidation ? weightDecays : [usualWeightDecay]

  let classifier: Classifier = freshClassifier(train.width, classes)
  let best: { classifier: Classifier; weightDecay: number; iterations: number; loss: number } | undefined
  for (const [index, weightDecay] of tried.entries()) {
    report(index, tried.length)
    let iterations = -1
    for (const { point, value } of fitLogistic(train, classes, weightDecay, classifier)) {
      requireFinite(value, weightDecay)
      classifier = point
      iterations += 1
      await pause()
      if (iterations === mostIterations) break
    }
    const loss = isChosenOnValidation ? crossEntropy(classifier, validation, classes) : 0
    requireFinite(loss, weightDecay)
    if (best === undefined || loss < best.loss) best = { classifier, weightDecay, iterations, loss }
  }
  report(tried.length, tried.length)
  if (best === undefined) throw new Error('No classifier was fitted.')

  const { classifier: taken, weightDecay, iterations } = best
  const ranking = new Ranking(classes)
  test.labels.forEach((label, index) => ranking.add(classScores(taken, rowOf(test, index), classes), label))
  return { ...ranking.conclude(), weightDecay, isChosenOnValidation, iterations }
}

/** Without this, a first NaN would stay the best loss: nothing is less than NaN. */
function requireFinite(loss: number, weightDecay: number): void {
  if (Number.isFinite(loss)) return
  throw new StudioError(
    'diverged',
    `The loss of the linear classifier is ${loss} at the weight decay ${weightDecay}.`,
    'The features of this model are too large for a linear probe. Use --method knn, or probe another checkpoint.',
  )
}
