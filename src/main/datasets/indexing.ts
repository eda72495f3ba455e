import type { Split } from '#contract/domain/split.ts'
import { exclusionsOf, readExclusions } from '#node/exclusions.ts'
import type { DatasetQueries, ExclusionChange } from './queries.ts'
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
  queries.removeUnfinished()
  const names = store.names()
  for (const { name } of queries.list()) {
    if (names.includes(name)) continue
    onProblem(
      new Error(
        `The dataset ${name} is gone: its folder was removed. Restore it from a backup, or import the videos again.`,
      ),
    )
    queries.remove(name)
  }
  return names.filter((name) => {
    try {
      indexDataset(store, queries, name)
      return true
    } catch (cause) {
      onProblem(cause)
      return false
    }
  })
}

/**
 * Updates the tables from the files of a dataset if these changed.
 * @returns whether they did
 * @throws StudioError `bad-request` that names a damaged file
 */
export function indexDataset(store: DatasetStore, queries: DatasetQueries, name: string): boolean {
  const stamp = store.stampOf(name)
  const before = queries.stampOf(name)
  if (before === stamp) return false
  const change =
    before !== undefined && store.differInExclusions(before, stamp) ? exclusionChange(store, queries, name) : undefined
  if (change !== undefined) queries.changeExclusions(name, stamp, change)
  else {
    const { detail, lines } = store.open(name)
    queries.put(detail, stamp, lines())
  }
  return true
}

/** Fills the tables from the files of a new dataset or version, while the studio does other work. @throws as `indexDataset` */
export async function indexInTurns(
  store: DatasetStore,
  queries: DatasetQueries,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const stamp = store.stampOf(name)
  const { detail, lines } = store.open(name)
  await queries.putInTurns(detail, stamp, lines(), signal)
}

/** What other exclusions than those in the tables change; undefined if those are no longer known. */
function exclusionChange(store: DatasetStore, queries: DatasetQueries, name: string): ExclusionChange | undefined {
  const folder = store.folder(name)
  const { exclusions } = queries.open(name).detail
  const before = exclusions === undefined ? {} : exclusionsOf(folder, exclusions)?.samples
  if (before === undefined) return undefined
  const set = readExclusions(folder)
  const after = set?.samples ?? {}
  const excluded = Object.keys(after).filter((id) => !Object.hasOwn(before, id))
  const splits = new Map<string, Readonly<Record<string, Split>>>(excluded.map((id) => [id, {}]))
  const restored = new Set(Object.keys(before).filter((id) => !Object.hasOwn(after, id)))
  if (restored.size > 0)
    for (const line of store.whole(name).lines(restored)) if (!('broken' in line)) splits.set(line.id, line.splits)
  return { exclusions: set === undefined ? undefined : { number: set.number, digest: set.digest }, splits }
}
