/** What a key does in a chart: moves the cursor to a row of the data, or shows a range of positions (undefined: all). */
export type ChartMove = { row: number } | { range: readonly [number, number] | undefined }

/** The state of a chart when a key is pressed. */
export interface ChartState {
  /** Positions of all points, ascending. */
  steps: readonly number[]
  /** Row of the cursor; undefined if there is none. */
  row: number | undefined
  /** The visible range of positions; undefined means all. */
  range: readonly [number, number] | undefined
  /** Whether positions are whole numbers, such as steps. */
  isWhole: boolean
}

const rowsPerShift = 10

/**
 * Left and right arrow move by one point, or by ten with Shift; Home and End to the first and last visible point; `+` and `-` zoom at
 * the cursor; 0 shows everything. Returns undefined for other keys.
 */
export function chartMove(
  key: string,
  isShifted: boolean,
  { steps, row, range, isWhole }: ChartState,
): ChartMove | undefined {
  const first = steps[0]
  const last = steps.at(-1)
  if (first === undefined || last === undefined) return undefined
  const whole = [first, last] as const
  const [from, to] = range ?? whole
  const low = Math.max(
    0,
    steps.findIndex((step) => step >= from),
  )
  const high = Math.max(
    low,
    steps.findLastIndex((step) => step <= to),
  )
  const by = isShifted ? rowsPerShift : 1
  const within = (next: number) => ({ row: Math.min(high, Math.max(low, next)) })
  switch (key) {
    case 'ArrowLeft':
      return within(row === undefined ? high : row - by)
    case 'ArrowRight':
      return within(row === undefined ? low : row + by)
    case 'Home':
      return { row: low }
    case 'End':
      return { row: high }
    case '0':
      return { range: undefined }
    case '+':
    case '=':
      return zoomed(0.5)
    case '-':
    case '_':
    case '−':
      return zoomed(2)
    default:
      return undefined
  }

  /** The range with its length multiplied, around the cursor or the middle, within everything. */
  function zoomed(factor: number): ChartMove {
    const middle = (row === undefined ? undefined : steps[row]) ?? (from + to) / 2
    const length = Math.max(isWhole ? 2 : (whole[1] - whole[0]) / 1e5, (to - from) * factor)
    if (length >= whole[1] - whole[0]) return { range: undefined }
    const start = Math.min(Math.max(whole[0], middle - length / 2), whole[1] - length)
    const round = isWhole ? Math.round : (value: number) => Number(value.toPrecision(6))
    return { range: [round(start), round(round(start) + length)] }
  }
}
