import { formatNumber } from '../format.ts'

/** Range of the horizontal axis; a single point gets a margin of one. */
export const stepRange = (min: number | null, max: number | null): [number, number] =>
  min === null || max === null ? [0, 1] : min === max ? [Math.max(0, min - 1), max + 1] : [min, max]

/** Range of the value axis with a margin; does not extend below zero if no value does. */
export function valueRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1]
  const margin = (max - min) * 0.08 || Math.abs(max) * 0.1 || 1
  return [min >= 0 && min - margin < 0 ? 0 : min - margin, max + margin]
}

/** Range of a logarithmic value axis with a margin of at least 15 %. */
export function logRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || min <= 0) return [0.1, 1]
  const margin = Math.max(1.15, (max / min) ** 0.06)
  return [min / margin, max * margin]
}

/** Multiples of powers of ten to use as ticks, from coarse to fine. */
const tickMultiples = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9]]

/** Ticks of a logarithmic axis: the coarsest multiples that give at least three ticks, or evenly spaced ones for a narrow range. */
export function logTicks(min: number, max: number): number[] {
  const lowest = Math.floor(Math.log10(min))
  const powers = Array.from({ length: Math.ceil(Math.log10(max)) - lowest + 1 }, (_, index) => lowest + index)
  for (const multiples of tickMultiples) {
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

/** About `count` ticks at multiples of 1, 2 or 5 times a power of ten. */
export function linearTicks(min: number, max: number, count: number): number[] {
  if (!(max > min)) return [min]
  const rough = (max - min) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1)
  const first = Math.ceil(min / step)
  return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}

/** The largest number not above `step` that is 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  return power * (step / power >= 5 ? 5 : step / power >= 2 ? 2 : 1)
}

/** Every n-th tick, about six in total. */
function thinned(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / 6)
  return ticks.filter((_, index) => index % every === 0)
}

/** Labels of an axis, with enough digits to distinguish its ticks. Empty for a null tick. */
export function tickLabels(ticks: readonly (number | null)[]): string[] {
  const values = ticks.filter((tick) => tick !== null)
  const gap = values
    .slice(1)
    .reduce((smallest, value, index) => Math.min(smallest, Math.abs(value - (values[index] ?? value))), Infinity)
  let digits = 4
  while (digits < 10 && values.some((value) => Math.abs(Number(formatNumber(value, digits)) - value) > gap / 20))
    digits++
  return ticks.map((tick) => (tick === null ? '' : formatNumber(tick, digits).replace(/\.?0*e/, 'e')))
}
