import type { AdamWSettings, ParameterGroup } from '../adamw.ts'
import type { UpdateNumbers } from './kernel.ts'

/** What changes from step to step. */
export interface UpdateSchedule {
  /** Before the groups' scales. */
  readonly learningRate: number
  /** Optimizer steps, counted from 1. */
  readonly step: number
  /** Gradients in the sum whose mean is taken. */
  readonly terms: number
  /** Factor on every mean gradient (clipping by the global norm). */
  readonly gradientScale: number
}

const { fround, sqrt } = Math

/** The numbers of one parameter's update, rounded where `adamW` (../adamw.ts) rounds them. */
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

/** The factor that brings a gradient of global norm `norm` to at most `limit`, as `clippingFactor` (../../engine/gradients.ts) has it; 1 without a limit. */
export const clippingScale = (norm: number, limit: number): number =>
  limit > 0 ? Math.min(fround(fround(limit) / fround(norm + fround(1e-6))), 1) : 1
