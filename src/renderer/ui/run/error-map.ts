/** Tokens along time, rows and columns. */
export type Grid = readonly [time: number, rows: number, columns: number]

/** A token of a clip and the frame of its tubelet. */
export interface TokenPosition {
  frame: number
  tubelet: number
  row: number
  column: number
  /** Index in token order: time, row, column. */
  index: number
}

/** Frames that share one token. */
export const framesPerTubelet = (grid: Grid, frames: number): number => Math.max(1, Math.round(frames / grid[0]))

/** The token at a point of a strip; `x` and `y` are fractions of its width and height. Undefined outside. */
export function tokenAt(grid: Grid, frames: number, x: number, y: number): TokenPosition | undefined {
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

/** The token after an arrow key, starting at the first one and staying within the strip. Undefined for other keys. */
export function tokenAfterKey(
  grid: Grid,
  frames: number,
  from: TokenPosition | undefined,
  key: string,
): TokenPosition | undefined {
  const move = moves[key]
  if (move === undefined) return undefined
  const [, rows, columns] = grid
  const x = from === undefined ? 0 : within(from.frame * columns + from.column + move[0], frames * columns)
  const y = from === undefined ? 0 : within(from.row + move[1], rows)
  return tokenAt(grid, frames, (x + 0.5) / (frames * columns), (y + 0.5) / rows)
}
