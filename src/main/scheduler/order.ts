import { runPriorities, type RunPriority } from '#contract/domain/queue.ts'

/** Where a run is in the queue. */
export interface QueuePosition {
  readonly id: string
  readonly priority: RunPriority
  /** Runs with lower numbers start first. One without a number has the time at which it was queued, in milliseconds. */
  readonly position: number | null
  readonly queuedAt: string
}

const positionOf = ({ position, queuedAt }: Pick<QueuePosition, 'position' | 'queuedAt'>): number =>
  position ?? Date.parse(queuedAt)

/** Runs in the order in which they start: by priority, then by position. Equal ones keep their order. */
export const inOrder = <R extends QueuePosition>(runs: readonly R[]): R[] =>
  runs.toSorted(
    (a, b) => runPriorities.indexOf(a.priority) - runPriorities.indexOf(b.priority) || positionOf(a) - positionOf(b),
  )

/**
 * Positions that bring runs before another one, or with null to the end. Runs of the queue that are not among them move only if there is no
 * number between their positions.
 * @param queue all runs of one priority in their order
 * @param moved the runs to move, in the order that they shall have; they need not be in the queue
 * @returns the positions to write, by id
 */
export function positionsFor(
  queue: readonly QueuePosition[],
  moved: readonly string[],
  before: string | null,
): Map<string, number> {
  const others = queue.filter(({ id }) => !moved.includes(id))
  const found = others.findIndex(({ id }) => id === before)
  const index = found < 0 ? others.length : found
  const next = others[index]
  const previous = others[index - 1]
  const low = previous === undefined ? undefined : positionOf(previous)
  const high = next === undefined ? undefined : positionOf(next)
  const numbers = between(low, high, moved.length)
  if (numbers !== undefined) return new Map(moved.map((id, place) => [id, numbers[place] ?? 0]))
  return spread([...others.slice(0, index), ...moved.map((id) => ({ id })), ...others.slice(index)])
}

/** Ascending numbers after `low` and before `high`; undefined if there are too few. */
function between(low: number | undefined, high: number | undefined, count: number): number[] | undefined {
  const indices = Array.from({ length: count }, (_, index) => index + 1)
  if (low === undefined) return indices.map((index) => (high ?? 0) - count - 1 + index)
  if (high === undefined) return indices.map((index) => low + index)
  const numbers = indices.map((index) => low + ((high - low) * index) / (count + 1))
  const isAscending = [...numbers, high].every((number, index) => number > (numbers[index - 1] ?? low))
  return isAscending ? numbers : undefined
}

/** Positions of a whole queue, each below the next. They only become lower, so that a run that is queued later comes after them. */
function spread(queue: readonly (QueuePosition | { readonly id: string })[]): Map<string, number> {
  const positions = new Map<string, number>()
  let limit = Math.max(0, ...queue.flatMap((run) => ('queuedAt' in run ? [positionOf(run)] : []))) + 1
  for (const run of queue.toReversed()) {
    const position = 'queuedAt' in run ? Math.min(positionOf(run), limit - 1) : limit - 1
    positions.set(run.id, position)
    limit = position
  }
  return positions
}
