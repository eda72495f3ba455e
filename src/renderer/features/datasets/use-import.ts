import { onScopeDispose, ref } from 'vue'
import type { Ref } from 'vue'
import type { ImportEvent } from '#contract/api.ts'
import type { DatasetSummary } from '#contract/dataset.ts'
import type { ErrorReport } from '#contract/errors.ts'
import { isCancelled, toReport } from '../../api/errors.ts'

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
  const progress = ref<Progress | null>(null)
  const error = ref<ErrorReport | null>(null)
  let controller = new AbortController()

  async function start(open: (signal: AbortSignal) => Promise<AsyncIterable<ImportEvent>>): Promise<DatasetSummary | undefined> {
    controller = new AbortController()
    error.value = null
    progress.value = { done: 0, total: 0, path: '' }
    try {
      for await (const event of await open(controller.signal)) {
        if (event.type === 'done') return event.dataset
        progress.value = event
      }
    } catch (cause) {
      if (!controller.signal.aborted && !isCancelled(cause)) error.value = toReport(cause)
    } finally {
      progress.value = null
    }
    return undefined
  }

  onScopeDispose(() => controller.abort())
  return { progress, error, start, cancel: () => controller.abort() }
}
