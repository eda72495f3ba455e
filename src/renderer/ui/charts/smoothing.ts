/** A value of a drawn curve: `null` is a gap, `undefined` a step that belongs to another curve. */
export type Cell = number | null | undefined

/** Average distance in steps between the points of a curve: the unit of time for `smooth`. */
export function spacingOf(steps: readonly number[]): number {
  const first = steps[0]
  const last = steps.at(-1)
  if (first === undefined || last === undefined || steps.length < 2) return 1
  return (last - first) / (steps.length - 1)
}

/**
 * Exponential moving average without the bias towards zero at the start.
 * `weight` (0 up to, not including, 1) is what remains of the past after `spacing` steps; because it decays with steps and
 * not with array entries, a zoomed curve is smoothed over the same stretch of training as the whole one.
 * Gaps stay gaps and do not enter the average.
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
