import type { DatasetManifest } from '#contract/domain/dataset.ts'
import { summarize } from './manifest.ts'
import type { DatasetQueries } from './queries.ts'
import type { DatasetStore } from './store.ts'

/** Updates the table from the manifests in the folder and returns them. Reports a damaged manifest and keeps its row. */
export function indexDatasets(
  store: DatasetStore,
  queries: DatasetQueries,
  onProblem: (error: unknown) => void,
): DatasetManifest[] {
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
  return names.flatMap((name) => {
    try {
      const manifest = store.read(name)
      if (queries.get(name)?.digest !== manifest.digest) queries.put(summarize(manifest))
      return [manifest]
    } catch (cause) {
      onProblem(cause)
      return []
    }
  })
}
