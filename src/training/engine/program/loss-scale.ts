/**
 * Factor on a loss whose gradients are computed in half precision, which has no number between 0 and 6e-8. It falls when gradients
 * overflow and rises after many steps without overflow (Micikevicius et al., Mixed Precision Training, 2018, 3.2).
 */
export interface LossScale {
  readonly scale: number
  /** Steps since the scale last changed. */
  readonly goodSteps: number
  /** Steps of the run that were skipped because gradients overflowed. */
  readonly skippedSteps: number
}

/** The defaults of PyTorch's `torch.amp.GradScaler`. */
const settings = { initialScale: 2 ** 16, growth: 2, backoff: 0.5, growthInterval: 2000 } as const

export const initialLossScale: LossScale = { scale: settings.initialScale, goodSteps: 0, skippedSteps: 0 }

/** Below this scale the gradients themselves overflow. */
export const smallestLossScale = 1

/** The scale of the next step. `isFinite`: whether the gradients of this step were finite. */
export function nextLossScale({ scale, goodSteps, skippedSteps }: LossScale, isFinite: boolean): LossScale {
  if (!isFinite) return { scale: scale * settings.backoff, goodSteps: 0, skippedSteps: skippedSteps + 1 }
  if (goodSteps + 1 < settings.growthInterval) return { scale, goodSteps: goodSteps + 1, skippedSteps }
  const grown = scale * settings.growth
  return { scale: Number.isFinite(Math.fround(grown)) ? grown : scale, goodSteps: 0, skippedSteps }
}
