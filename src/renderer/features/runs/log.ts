import type { LogLine } from '#contract/domain/run.ts'

/** Lines kept in the window; older ones stay in the run's folder. */
export const maxLines = 5000

const isSame = (a: LogLine | undefined, b: LogLine | undefined): boolean =>
  a?.at === b?.at && a?.message === b?.message && a?.level === b?.level

/**
 * Joins the fetched end of a log and the lines that arrived while it was being fetched.
 * Lines carry no number, so what both hold is the longest end of the snapshot that equals a beginning of the arrivals.
 */
export function joinLog(snapshot: readonly LogLine[], arrived: readonly LogLine[]): LogLine[] {
  let overlap = Math.min(snapshot.length, arrived.length)
  while (
    overlap > 0 &&
    !arrived.slice(0, overlap).every((line, index) => isSame(line, snapshot[snapshot.length - overlap + index]))
  )
    overlap--
  return [...snapshot, ...arrived.slice(overlap)].slice(-maxLines)
}

export type LogFilter = { level: 'all' | 'warning' | 'error'; search: string }

/** Lines of at least this level that hold the text. */
export function filterLog(lines: readonly LogLine[], { level, search }: LogFilter): LogLine[] {
  const needle = search.trim().toLowerCase()
  return lines.filter(
    (line) =>
      (level === 'all' || line.level === 'error' || line.level === level) &&
      line.message.toLowerCase().includes(needle),
  )
}
