/** Tokens along time, rows and columns. */
export type Grid = readonly [time: number, rows: number, columns: number]

/** One token of a clip, by its place in a strip of frames. */
export interface TokenPlace {
  frame: number
  tubelet: number
  row: number
  column: number
  /** Index in token order: time, row, column. */
  index: number
}

/** Values between which the colours are spread. */
export interface ColourRange {
  min: number
  max: number
}

/** Frames that share one token. */
export const framesPerTubelet = (grid: Grid, frames: number): number => Math.max(1, Math.round(frames / grid[0]))

/** The token at a point of a strip, given as shares of its width and height; undefined outside. */
export function tokenAt(grid: Grid, frames: number, x: number, y: number): TokenPlace | undefined {
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return undefined
  const [time, rows, columns] = grid
  const frame = Math.floor(x * frames)
  const tubelet = Math.min(time - 1, Math.floor(frame / framesPerTubelet(grid, frames)))
  const row = Math.floor(y * rows)
  const column = Math.floor((x * frames - frame) * columns)
  return { frame, tubelet, row, column, index: (tubelet * rows + row) * columns + column }
}

const within = (index: number, count: number): number => Math.min(count - 1, Math.max(0, index))
const moves: Partial<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** The token to which an arrow key leads from another one, or to the first where there is none; stays within the strip. Undefined for other keys. */
export function tokenAfterKey(
  grid: Grid,
  frames: number,
  place: TokenPlace | undefined,
  key: string,
): TokenPlace | undefined {
  const move = moves[key]
  if (move === undefined) return undefined
  const [, rows, columns] = grid
  const x = place === undefined ? 0 : within(place.frame * columns + place.column + move[0], frames * columns)
  const y = place === undefined ? 0 : within(place.row + move[1], rows)
  return tokenAt(grid, frames, (x + 0.5) / (frames * columns), (y + 0.5) / rows)
}

/** Smallest and largest value of some maps; null where none holds a value. */
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

/** Inferno-like stops: evenly rising lightness, readable without colour vision and in print. */
const stops: readonly (readonly [number, number, number])[] = [
  [12, 8, 38],
  [66, 14, 103],
  [125, 32, 108],
  [186, 54, 85],
  [232, 97, 46],
  [250, 166, 24],
  [250, 240, 130],
]

/** Colour of a value, dark for the lower end of the range and bright for the upper. */
export function errorColour(value: number, { min, max }: ColourRange): [red: number, green: number, blue: number] {
  const share = max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0
  const place = share * (stops.length - 1)
  const below = stops[Math.floor(place)] ?? [0, 0, 0]
  const above = stops[Math.ceil(place)] ?? below
  const mix = (a: number, b: number) => Math.round(a + (b - a) * (place - Math.floor(place)))
  return [mix(below[0], above[0]), mix(below[1], above[1]), mix(below[2], above[2])]
}

/** The colour scale from left to right as a CSS gradient. */
export const errorGradient = `linear-gradient(to right, ${stops.map((stop) => `rgb(${stop.join(' ')})`).join(', ')})`
