import type { Overrides } from '../domain/pipeline.ts'
import { sectionFields } from './fields.ts'
import type { SweepAxis, SweepValue } from './request.ts'

/** Digits of a value drawn from a range: enough to differ, few enough to be read. */
const drawnDigits = 4
/** Draws of a combination that was drawn before are repeated this often. */
const retries = 200

/** Combinations of a grid; infinite for a range. */
export const gridSize = (axes: readonly SweepAxis[]): number =>
  axes.reduce((product, axis) => product * ('values' in axis ? axis.values.length : Infinity), 1)

/** Every combination of the values of the axes; the last axis varies fastest. Axes with ranges are left out. */
export function gridPoints(axes: readonly SweepAxis[]): Overrides[] {
  return axes.reduce<Overrides[]>(
    (points, axis) =>
      'values' in axis
        ? points.flatMap((point) => axis.values.map((value) => ({ ...point, [axis.field]: value })))
        : points,
    [{}],
  )
}

/** Different random combinations; fewer than `count` if there are not enough. The same seed draws the same. */
export function randomPoints(axes: readonly SweepAxis[], count: number, seed: number): Overrides[] {
  const uniform = generator(seed)
  const found = new Map<string, Overrides>()
  for (let tries = 0; found.size < count && tries < count * retries; tries++) {
    const point = Object.fromEntries(axes.map((axis) => [axis.field, draw(axis, uniform)]))
    found.set(JSON.stringify(point), point)
  }
  return [...found.values()]
}

function draw(axis: SweepAxis, uniform: () => number): SweepValue {
  const share = uniform()
  if ('values' in axis) return axis.values[Math.floor(share * axis.values.length)] ?? axis.values[0] ?? 0
  const { field, from, to, scale } = axis
  const isInteger = sectionFields.get(field)?.kind === 'integer'
  // Every integer of the range is as probable as any other.
  const [low, high] = isInteger && scale === 'linear' ? [from - 0.5, to + 0.5] : [from, to]
  const value =
    scale === 'log' ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low))) : low + share * (high - low)
  const rounded = isInteger ? Math.round(value) : Number(value.toPrecision(drawnDigits))
  return Math.min(to, Math.max(from, rounded))
}

/** Uniform numbers in [0, 1) from a 32-bit state (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
