import type { LogLine } from '#contract/domain/run.ts'

/** Lines kept in the window. The run's folder has all of them. */
export const maxLines = 5000

const isSame = (a: LogLine | undefined, b: LogLine | undefined): boolean =>
  a?.at === b?.at && a?.message === b?.message && a?.level === b?.level

/**
 * Appends lines that arrived while the end of a log was fetched. Lines have no number, so the overlap is the longest end of the
 * snapshot that equals the beginning of the arrived lines.
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

/** Lines that a process printed, without time and level. */
export const printedLines = (lines: readonly string[]): LogLine[] =>
  lines.map((message) => ({ at: '', level: 'info', message }))
