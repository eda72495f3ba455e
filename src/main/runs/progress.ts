export interface Pace {
  /** First point of this attempt, and the newest. */
  fromStep: number
  fromMs: number
  step: number
  atMs: number
  totalSteps: number
}

/**
 * Time left at the pace of this attempt, in milliseconds. It is counted from the attempt's first reported step, so that
 * neither an earlier attempt nor the start of the process weighs in. Null until a second step is there.
 */
export function remainingMs({ fromStep, fromMs, step, atMs, totalSteps }: Pace): number | null {
  if (step <= fromStep) return null
  return ((atMs - fromMs) / (step - fromStep)) * Math.max(0, totalSteps - step)
}
