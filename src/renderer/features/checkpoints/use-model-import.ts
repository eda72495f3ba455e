import { onScopeDispose, ref } from 'vue'
import type { Ref } from 'vue'
import type { ErrorReport } from '#contract/errors.ts'
import type { ImportCard, ImportRequest } from '#contract/import.ts'
import { useStudio } from '../../api/client.ts'
import { isCancelled, toReport } from '../../api/errors.ts'

export interface CopyProgress {
  done: number
  total: number
  tensor: string
}

export interface ModelImporting {
  /** Null while nothing is being imported. */
  progress: Readonly<Ref<CopyProgress | null>>
  error: Ref<ErrorReport | null>
  /** The imported model, or undefined when it failed or was cancelled. */
  start(request: ImportRequest): Promise<ImportCard | undefined>
  cancel(): void
}

/** One import at a time, with its progress and its end. Cancelled when its owner goes away. */
export function useModelImport(): ModelImporting {
  const { client } = useStudio()
  const progress = ref<CopyProgress | null>(null)
  const error = ref<ErrorReport | null>(null)
  let controller = new AbortController()

  async function start(request: ImportRequest): Promise<ImportCard | undefined> {
    controller = new AbortController()
    error.value = null
    progress.value = { done: 0, total: 0, tensor: '' }
    try {
      for await (const event of await client.imports.import(request, { signal: controller.signal })) {
        if (event.type === 'done') return event.imported
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
