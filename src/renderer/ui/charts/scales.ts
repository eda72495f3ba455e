/** Steps from the first to the last point; a lone point gets a step of room on both sides. */
export const stepRange = (min: number | null, max: number | null): [number, number] =>
  min === null || max === null ? [0, 1] : min === max ? [Math.max(0, min - 1), max + 1] : [min, max]

/** Values with a little air above and below; a flat curve gets room by its own size. Nothing reaches below zero without need. */
export function valueRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1]
  const air = (max - min) * 0.08 || Math.abs(max) * 0.1 || 1
  return [min >= 0 && min - air < 0 ? 0 : min - air, max + air]
}

/** Values on a logarithmic scale with a little air on both sides, at least 15 %. */
export function logRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || min <= 0) return [0.1, 1]
  const air = Math.max(1.15, (max / min) ** 0.06)
  return [min / air, max * air]
}

/** Multiples of a power of ten that may carry a tick, from coarse to fine. */
const rounds = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9]]

/** Round values for the ticks of a logarithmic scale: the coarsest choice that gives at least three, evenly spaced ones where the range is narrow. */
export function logTicks(min: number, max: number): number[] {
  const lowest = Math.floor(Math.log10(min))
  const powers = Array.from({ length: Math.ceil(Math.log10(max)) - lowest + 1 }, (_, index) => lowest + index)
  for (const multiples of rounds) {
    const ticks = powers
      .flatMap((power) => multiples.map((multiple) => Number((multiple * 10 ** power).toPrecision(12))))
      .filter((tick) => tick >= min && tick <= max)
    if (ticks.length >= 3) return thinned(ticks)
  }
  const step = roundStep((max - min) / 3)
  const first = Math.ceil(min / step)
  return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}

/** The largest of 1, 2 or 5 times a power of ten that is not above `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  return power * (step / power >= 5 ? 5 : step / power >= 2 ? 2 : 1)
}

/** At most about six ticks, evenly left out. */
function thinned(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / 6)
  return ticks.filter((_, index) => index % every === 0)
}
