import { ref } from 'vue'
import type { Ref } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { ImportedModel, ModelImportRequest } from '#contract/domain/imported-model.ts'
import { useStudio } from '../../api/client.ts'
import { useLongCall } from '../../api/use-long-call.ts'

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
  start(request: ModelImportRequest): Promise<ImportedModel | undefined>
  cancel(): void
}

/** One import at a time, with its progress and its end. Cancelled when its owner goes away. */
export function useModelImport(): ModelImporting {
  const { client } = useStudio()
  const { error, run, cancel } = useLongCall()
  const progress = ref<CopyProgress | null>(null)

  async function start(request: ModelImportRequest): Promise<ImportedModel | undefined> {
    progress.value = { done: 0, total: 0, tensor: '' }
    const imported = await run(async (signal) => {
      for await (const event of await client.models.import(request, { signal })) {
        if (event.type === 'done') return event.model
        progress.value = event
      }
      return undefined
    })
    progress.value = null
    return imported
  }

  return { progress, error, start, cancel }
}
