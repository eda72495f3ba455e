import type { AdamWSettings, ParameterGroup } from '../adamw.ts'
import type { UpdateNumbers } from './kernel.ts'

/** The numbers that change with each step. */
export interface UpdateSchedule {
  /** Before the groups' scales. */
  readonly learningRate: number
  /** Optimizer steps, counted from 1. */
  readonly step: number
  /** Gradients in each sum; the update uses their mean. */
  readonly terms: number
  /** Factor on every mean gradient, for clipping by the global norm. */
  readonly gradientScale: number
}

const { fround, sqrt } = Math

/** The coefficients of one parameter's update, rounded where `adamW` (../adamw.ts) rounds. */
export function updateNumbers(
  { beta1, beta2, epsilon }: AdamWSettings,
  { learningRateScale, weightDecay }: ParameterGroup,
  { learningRate, step, terms, gradientScale }: UpdateSchedule,
): UpdateNumbers {
  const firstCorrection = fround(1 - beta1 ** step)
  const rootCorrection = fround(sqrt(fround(1 - beta2 ** step)))
  const rate = fround(fround(learningRate) * fround(learningRateScale))
  const scale = fround(gradientScale)
  return {
    factor: fround(1 / terms),
    beta1: fround(beta1),
    beta2: fround(beta2),
    share: fround(scale * fround(1 - beta1)),
    squareShare: fround(fround(scale * scale) * fround(1 - beta2)),
    stepSize: fround(rate * fround(rootCorrection / firstCorrection)),
    epsilon: fround(rootCorrection * fround(epsilon)),
    kept: fround(1 - fround(rate * fround(weightDecay))),
  }
}

/** Factor that limits gradients of global norm `norm` to `limit`, with the bits of `clippingFactor` (engine/program/gradients.ts); 1 without a limit. */
export const clippingScale = (norm: number, limit: number): number =>
  limit > 0 ? Math.min(fround(fround(limit) / fround(norm + fround(1e-6))), 1) : 1
