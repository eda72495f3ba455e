/**
 * The factor on a loss whose gradients are computed in half precision, which has no number between 0 and 6e-8: without it small gradients
 * would be lost. It falls when gradients do not fit and rises when they have fitted for long (Micikevicius et al., Mixed Precision Training, 2018, 3.2).
 */
export interface LossScale {
  readonly scale: number
  /** Steps since it last changed. */
  readonly goodSteps: number
  /** Steps of the run that were skipped because their gradients did not fit. */
  readonly skippedSteps: number
}

/** As `torch.amp.GradScaler` of PyTorch has them by default. */
const settings = { initialScale: 2 ** 16, growth: 2, backoff: 0.5, growthInterval: 2000 } as const

export const initialLossScale: LossScale = { scale: settings.initialScale, goodSteps: 0, skippedSteps: 0 }

/** Below this scale gradients would not fit without any: they are too large in truth. */
export const smallestLossScale = 1

/** The scale for the next step, after one whose gradients fitted or did not. */
export function nextLossScale({ scale, goodSteps, skippedSteps }: LossScale, hasFitted: boolean): LossScale {
  if (!hasFitted) return { scale: scale * settings.backoff, goodSteps: 0, skippedSteps: skippedSteps + 1 }
  if (goodSteps + 1 < settings.growthInterval) return { scale, goodSteps: goodSteps + 1, skippedSteps }
  const grown = scale * settings.growth
  return { scale: Number.isFinite(Math.fround(grown)) ? grown : scale, goodSteps: 0, skippedSteps }
}
