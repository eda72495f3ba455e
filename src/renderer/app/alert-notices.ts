import { watch } from 'vue'
import { useRouter } from 'vue-router'
import type { AlertEvent } from '#contract/domain/alert.ts'
import { useAlertsStore } from '../api/alerts-store.ts'
import { t } from '../ui/language.ts'
import { useNotify } from '../ui/notify.ts'

/** Shows alerts as notifications of the system, if they are allowed, and in the window; says which could not be delivered. */
export function useAlertNotices(): void {
  const store = useAlertsStore()
  const notify = useNotify()
  const router = useRouter()

  function show(event: AlertEvent): void {
    const title = event.isTest ? t('settings.alerts.testTitle') : t(`settings.alerts.kinds.${event.kind}`)
    notify.information(title, event.message)
    if (!('Notification' in window) || Notification.permission !== 'granted') return
    // Of several windows with the same tag, the system shows one.
    const shown = new Notification(title, { body: event.message, tag: event.id, lang: 'en' })
    shown.addEventListener('click', () => {
      window.focus()
      if (event.run !== undefined) void router.push(`/runs/${event.run.id}`)
      shown.close()
    })
  }

  watch(
    () => store.notice,
    (event) => event !== null && show(event),
    { flush: 'sync' },
  )
  watch(
    () => store.failure,
    (failed) =>
      failed !== null &&
      notify.failure({ code: 'bad-request', message: failed.message, hint: t('settings.alerts.correct') }),
    { flush: 'sync' },
  )
}
