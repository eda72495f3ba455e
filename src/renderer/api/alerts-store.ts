import { defineStore } from 'pinia'
import { onScopeDispose, ref, shallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { AlertEvent, ShownAlertRule } from '#contract/domain/alert.ts'
import { useStudio } from './client.ts'
import { subscribe } from './subscribe.ts'

/** Rules of alerts, kept up to date, and what the studio asks the window to show. */
export const useAlertsStore = defineStore('alerts', () => {
  const studio = useStudio()
  const rules = shallowRef<ShownAlertRule[]>([])
  const isLoaded = ref(false)
  const error = ref<ErrorReport | null>(null)
  /** The last notification to show, and the last delivery that failed for good. */
  const notice = shallowRef<AlertEvent | null>(null)
  const failure = shallowRef<{ readonly message: string } | null>(null)

  onScopeDispose(
    subscribe(studio, {
      open: (signal) => studio.client.alerts.watch({}, { signal }),
      onEvent(event) {
        if (event.type === 'notice') notice.value = event.event
        else if (event.type === 'failed') failure.value = { message: event.message }
        else {
          rules.value = event.rules
          isLoaded.value = true
          error.value = null
        }
      },
      onError: (report) => (error.value = report),
    }),
  )

  return { rules, isLoaded, error, notice, failure }
})
