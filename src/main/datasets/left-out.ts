import type { LeftOutFiles, LeftOutReason } from '#contract/domain/import-report.ts'
import { endingOf } from './endings.ts'

/** A file or folder below the imported folder that does not belong to the dataset. */
export interface LeftOut {
  /** Relative to the root, with forward slashes; that of a folder ends with one. */
  readonly path: string
  readonly reason: LeftOutReason
}

const listedExamples = 5

/** Counts what was left out by reason and ending, the most frequent first. */
export function countLeftOut(entries: readonly LeftOut[]): LeftOutFiles[] {
  const groups = new Map<string, LeftOutFiles>()
  for (const { path, reason } of entries) {
    const ending = reason === 'ending' ? endingOf(path) : undefined
    const key = `${reason} ${ending ?? ''}`
    const group = groups.get(key) ?? { reason, ...(ending === undefined ? {} : { ending }), count: 0, examples: [] }
    group.count += 1
    if (group.examples.length < listedExamples) group.examples.push(path)
    groups.set(key, group)
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count)
}
