import type { AsyncIteratorClass } from '@orpc/server'
import type { DatasetEvent } from '#contract/api/contract.ts'
import type { Broadcast } from '../streams/broadcast.ts'
import { openStream } from '../streams/stream.ts'
import type { DatasetQueries } from './queries.ts'

const watchIntervalMs = 100

/** All datasets, then each that changed, by the names that are published. */
export function watchDatasets(
  changes: Broadcast<string>,
  queries: DatasetQueries,
  signal: AbortSignal | undefined,
): AsyncIteratorClass<DatasetEvent> {
  return openStream<DatasetEvent>(signal, watchIntervalMs, (control) => {
    let isFirst = true
    const changed = new Set<string>()
    const close = changes.subscribe((name) => {
      changed.add(name)
      control.wake()
    })
    control.wake()
    const take = (): DatasetEvent[] => {
      const names = [...changed]
      changed.clear()
      if (isFirst) {
        isFirst = false
        return [{ type: 'snapshot', datasets: queries.list() }]
      }
      return names.map((name) => {
        const dataset = queries.get(name)
        return dataset === undefined ? { type: 'removed', name } : { type: 'changed', dataset }
      })
    }
    return { take, close }
  })
}
