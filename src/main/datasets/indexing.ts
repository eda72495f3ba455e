import type { DatasetQueries } from './queries.ts'
import type { DatasetStore } from './store.ts'

/**
 * Updates the tables from the files of the datasets that changed. Reports a damaged dataset and keeps its rows.
 * @returns the names of the datasets that can be read
 */
export function indexDatasets(
  store: DatasetStore,
  queries: DatasetQueries,
  onProblem: (error: unknown) => void,
): string[] {
  store.removeUnfinished()
  const names = store.names()
  for (const { name } of queries.list()) {
    if (names.includes(name)) continue
    queries.remove(name)
    onProblem(
      new Error(
        `The dataset ${name} is gone: its folder was removed. Restore it from a backup, or import the videos again.`,
      ),
    )
  }
  return names.filter((name) => {
    try {
      const stamp = store.stampOf(name)
      if (queries.stampOf(name) === stamp) return true
      const { detail, lines } = store.open(name)
      queries.put(detail, stamp, lines())
      return true
    } catch (cause) {
      onProblem(cause)
      return false
    }
  })
}
