import { ref } from 'vue'
import type { Ref } from 'vue'
import type { ImportEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import { useLongCall } from '../../api/use-long-call.ts'

export interface Progress {
  done: number
  total: number
  path: string
}

export interface Importing {
  /** Null while nothing is being imported. */
  progress: Readonly<Ref<Progress | null>>
  error: Ref<ErrorReport | null>
  /** The imported dataset, or undefined when it failed or was cancelled. */
  start(open: (signal: AbortSignal) => Promise<AsyncIterable<ImportEvent>>): Promise<DatasetSummary | undefined>
  cancel(): void
}

/** One import at a time, with its progress and its end. Cancelled when its owner goes away. */
export function useImport(): Importing {
  const { error, run, cancel } = useLongCall()
  const progress = ref<Progress | null>(null)

  async function start(
    open: (signal: AbortSignal) => Promise<AsyncIterable<ImportEvent>>,
  ): Promise<DatasetSummary | undefined> {
    progress.value = { done: 0, total: 0, path: '' }
    const dataset = await run(async (signal) => {
      for await (const event of await open(signal)) {
        if (event.type === 'done') return event.dataset
        progress.value = event
      }
      return undefined
    })
    progress.value = null
    return dataset
  }

  return { progress, error, start, cancel }
}
