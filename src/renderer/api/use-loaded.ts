import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import { useStudio } from './client.ts'
import { isCancelled, toReport } from './errors.ts'

export interface Loaded<Result> {
  data: Readonly<ShallowRef<Result | undefined>>
  error: Readonly<Ref<ErrorReport | null>>
  isLoading: Readonly<Ref<boolean>>
  reload(): void
}

/**
 * Fetches data that depends on `key`, again whenever the key changes or a lost connection is restored.
 * The previous data is kept while new data is fetched; outdated answers are dropped.
 */
export function useLoaded<Key extends string | number | null | undefined, Result>(
  key: () => Key,
  load: (key: Key, signal: AbortSignal) => Promise<Result>,
): Loaded<Result> {
  const { connection } = useStudio()
  const data = shallowRef<Result>()
  const error = ref<ErrorReport | null>(null)
  const isLoading = ref(false)
  let controller = new AbortController()

  async function reload(): Promise<void> {
    controller.abort()
    const mine = new AbortController()
    controller = mine
    isLoading.value = true
    try {
      const result = await load(key(), mine.signal)
      if (mine.signal.aborted) return
      data.value = result
      error.value = null
    } catch (cause) {
      if (mine.signal.aborted || isCancelled(cause)) return
      error.value = toReport(cause)
    } finally {
      if (controller === mine) isLoading.value = false
    }
  }

  watch(key, () => void reload(), { immediate: true })
  watch(connection, (state) => {
    if (state === 'open' && error.value?.code === 'disconnected') void reload()
  })
  onScopeDispose(() => controller.abort())
  return { data, error, isLoading, reload: () => void reload() }
}
