import { StudioError } from '#contract/api/errors.ts'
import type { DivergenceCause } from '#contract/domain/divergence.ts'
import { describeMetric, type MetricName } from '#contract/domain/metric.ts'
import { type NonFiniteTensor, nonFiniteWeights } from '#contract/domain/non-finite.ts'
import type { TrainingSession, TrainingState } from '../engine/program/engine.ts'
import { smallestLossScale } from '../engine/program/loss-scale.ts'
import type { Metrics } from '../stages/stage.ts'
import { nonFiniteTensors } from '../tensor/non-finite.ts'
import type { Recorder } from './recorder.ts'
import type { DoneStep } from './step.ts'

/** Maximum number of videos in the error of a diverged step. Its report has all. */
const namedVideos = 64

/** A number is NaN or infinite. */
export class Diverged extends StudioError {
  readonly what: DivergenceCause
  /** Weights that are not finite. */
  readonly weights: readonly NonFiniteTensor[]

  constructor(what: DivergenceCause, message: string, hint: string, weights: readonly NonFiniteTensor[] = []) {
    super('diverged', message, hint)
    this.what = what
    this.weights = weights
  }
}

export const waysToSettle = (hasCheckpoint: boolean): string =>
  `Lower the learning rate, lengthen the warm-up, or clip the gradient.${hasCheckpoint ? ' The last checkpoint is intact.' : ''}`

/** @throws Diverged that names the first loss that is not finite, the step and its videos */
export function requireFinite(
  step: number,
  { scaling, learningRate, gradientNorm, videos }: DoneStep,
  losses: Metrics,
  hint: string,
): void {
  const some =
    videos.length <= namedVideos
      ? videos.join(', ')
      : `${videos.slice(0, namedVideos).join(', ')} and ${videos.length - namedVideos} more`
  const when = `at step ${step} (learning rate ${learningRate.toPrecision(3)}, gradient norm ${gradientNorm.toPrecision(3)}; videos ${some})`
  requireFiniteMetrics('loss', when, losses, hint)
  // In half precision gradients may overflow: the step is skipped.
  if (scaling === undefined) requireFiniteMetrics('gradients', when, { 'optimizer/gradient-norm': gradientNorm }, hint)
}

/** @throws Diverged for the first metric that is NaN or infinite. Metrics without a value are left out. */
export function requireFiniteMetrics(what: DivergenceCause, when: string, metrics: Metrics, hint: string): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (value !== undefined && !Number.isFinite(value))
      throw new Diverged(what, `The ${nameOf(name)} became ${value} ${when}.`, hint)
  }
}

function nameOf(name: MetricName): string {
  const { label } = describeMetric(name)
  return label.charAt(0).toLowerCase() + label.slice(1)
}

/** The state after a step. @throws Diverged if a weight is NaN or infinite: a checkpoint never holds one. */
export async function readFinite(session: TrainingSession, step: number, hint: string): Promise<TrainingState> {
  const state = await session.readState()
  const broken = nonFiniteTensors(state.parameters)
  if (broken.length > 0) throw new Diverged('weights', `Step ${step} gave ${nonFiniteWeights(broken)}.`, hint, broken)
  return state
}

/** Logs a skipped step. @throws Diverged if gradients overflow at every loss scale */
export function reportScaling(
  recorder: Recorder,
  step: number,
  { scaling, learningRate }: DoneStep,
  hint: string,
): void {
  if (scaling?.isSkipped !== true) return
  if (scaling.scale < smallestLossScale) {
    throw new Diverged(
      'loss-scale',
      `The gradients overflow half precision at every loss scale at step ${step} (learning rate ${learningRate.toPrecision(3)}).`,
      `${hint} Or launch a new pipeline with general.precision=float32.`,
    )
  }
  recorder.log(
    `Step ${step} was skipped because its gradients overflow half precision. The loss scale is now ${scaling.scale}.`,
  )
}
