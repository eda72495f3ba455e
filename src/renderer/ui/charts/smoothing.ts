/** Value of a curve: `null` is a gap, `undefined` a step of another curve. */
export type Cell = number | null | undefined

/** Mean number of steps between the points of a curve. */
export function spacingOf(steps: readonly number[]): number {
  const first = steps[0]
  const last = steps.at(-1)
  if (first === undefined || last === undefined || steps.length < 2) return 1
  return (last - first) / (steps.length - 1)
}

/**
 * Exponential moving average with bias correction.
 * `weight` (at least 0, below 1) of the past remains after `spacing` steps. The weight decays per step, not per array entry, so
 * that a zoomed curve is smoothed like the whole one. Gaps remain gaps and are not averaged.
 */
export function smooth(steps: readonly number[], values: readonly Cell[], weight: number, spacing: number): Cell[] {
  if (weight <= 0) return [...values]
  let average = 0
  let mass = 0
  let previous: number | undefined
  return values.map((value, index) => {
    const step = steps[index]
    if (value === null || value === undefined || step === undefined) return value
    const kept = previous === undefined ? 0 : weight ** ((step - previous) / spacing)
    average = kept * average + (1 - weight) * value
    mass = kept * mass + (1 - weight)
    previous = step
    return average / mass
  })
}
