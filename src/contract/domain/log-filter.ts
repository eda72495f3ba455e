import type { LogLine } from './run.ts'

export type LogFilter = { level: 'all' | 'warning' | 'error'; search: string }

/** Lines of at least this level that contain the text, in any case. */
export function filterLog(lines: readonly LogLine[], { level, search }: LogFilter): LogLine[] {
  const needle = search.trim().toLowerCase()
  return lines.filter(
    (line) =>
      (level === 'all' || line.level === 'error' || line.level === level) &&
      line.message.toLowerCase().includes(needle),
  )
}
