/** Values of the two ends of the colour scale. */
export interface ColourRange {
  min: number
  max: number
}

/** Smallest and largest finite value of some maps; null if there is none. */
export function rangeOf(maps: readonly (readonly (number | null)[])[]): ColourRange | null {
  let range: ColourRange | null = null
  for (const values of maps) {
    for (const value of values) {
      if (value === null || !Number.isFinite(value)) continue
      range =
        range === null
          ? { min: value, max: value }
          : { min: Math.min(range.min, value), max: Math.max(range.max, value) }
    }
  }
  return range
}

/** Stops similar to Inferno: lightness rises evenly, so the scale is readable without colour vision and in print. */
const stops: readonly (readonly [number, number, number])[] = [
  [12, 8, 38],
  [66, 14, 103],
  [125, 32, 108],
  [186, 54, 85],
  [232, 97, 46],
  [250, 166, 24],
  [250, 240, 130],
]

/** Colour of a value: dark at the lower end of the range, bright at the upper. */
export function scaleColour(value: number, { min, max }: ColourRange): [red: number, green: number, blue: number] {
  const share = max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0
  const position = share * (stops.length - 1)
  const below = stops[Math.floor(position)] ?? [0, 0, 0]
  const above = stops[Math.ceil(position)] ?? below
  const mix = (a: number, b: number) => Math.round(a + (b - a) * (position - Math.floor(position)))
  return [mix(below[0], above[0]), mix(below[1], above[1]), mix(below[2], above[2])]
}

/** The colour scale from left to right as a CSS gradient. */
export const scaleGradient = `linear-gradient(to right, ${stops.map((stop) => `rgb(${stop.join(' ')})`).join(', ')})`
