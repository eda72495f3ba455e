export interface AttemptProgress {
  /** First point of this attempt, and the newest. */
  fromStep: number
  fromMs: number
  step: number
  atMs: number
  totalSteps: number
}

/**
 * Remaining time at the speed of this attempt, in milliseconds. The speed is measured from the attempt's first reported step, so
 * that earlier attempts and the start of the process do not count. Null before the second step, and if the clock of the machine was set back meanwhile.
 */
export function remainingMs({ fromStep, fromMs, step, atMs, totalSteps }: AttemptProgress): number | null {
  if (step <= fromStep || atMs < fromMs) return null
  return ((atMs - fromMs) / (step - fromStep)) * Math.max(0, totalSteps - step)
}
