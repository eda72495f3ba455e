import type { AsyncIteratorClass } from '@orpc/server'
import type { ExperimentEvent } from '#contract/api/contract.ts'
import type { ExperimentSummary } from '#contract/experiment/progress.ts'
import type { Broadcast } from '../streams/broadcast.ts'
import { openStream } from '../streams/stream.ts'

/** A summary reads every run of its experiment, and a run changes several times a second. */
const watchIntervalMs = 1000

/** A snapshot of all experiments, then the summary of each one that changes. */
export function watchExperiments(
  signal: AbortSignal | undefined,
  changes: Broadcast<string>,
  { list, find }: { list(): ExperimentSummary[]; find(id: string): ExperimentSummary | undefined },
): AsyncIteratorClass<ExperimentEvent> {
  return openStream<ExperimentEvent>(signal, watchIntervalMs, (control) => {
    let isFirst = true
    const changed = new Set<string>()
    const undo = changes.subscribe((id) => {
      changed.add(id)
      control.wake()
    })
    control.wake()
    const take = (): ExperimentEvent[] => {
      const ids = [...changed]
      changed.clear()
      if (isFirst) {
        isFirst = false
        return [{ type: 'snapshot', experiments: list() }]
      }
      return ids.map((id): ExperimentEvent => {
        const experiment = find(id)
        return experiment === undefined ? { type: 'removed', id } : { type: 'changed', experiment }
      })
    }
    return { take, close: undo }
  })
}
