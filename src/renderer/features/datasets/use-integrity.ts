import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { IntegritySummary } from '#contract/domain/integrity.ts'
import { useStudio } from '../../api/client.ts'
import { subscribe } from '../../api/subscribe.ts'

/** What is known of the files of a dataset, kept up to date. */
export function useIntegrity(name: () => string) {
  const studio = useStudio()
  const summary = shallowRef<IntegritySummary>()
  const error = ref<ErrorReport | null>(null)
  let close: (() => void) | undefined
  watch(
    name,
    (of) => {
      close?.()
      summary.value = undefined
      error.value = null
      close = subscribe(studio, {
        open: (signal) => studio.client.datasets.watchIntegrity({ name: of }, { signal }),
        onEvent: (event) => (summary.value = event),
        onError: (report) => (error.value = report),
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => close?.())
  return { summary, error }
}
