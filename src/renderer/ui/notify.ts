import { useToast } from '@nuxt/ui/composables'
import { h } from 'vue'
import type { RouteLocationRaw } from 'vue-router'
import { isCancelled, toReport } from '../api/errors.ts'
import { language, t } from './language.ts'

/** Short messages in the corner of the window. */
export function useNotify(): {
  /** `link` is offered as a button. */
  success(title: string, description?: string, link?: { label: string; to: RouteLocationRaw }): void
  information(title: string, description?: string): void
  /** Says what was done, and offers to undo it. */
  undoable(title: string, undo: () => void): void
  failure(thrown: unknown): void
} {
  const toast = useToast()
  return {
    success: (title, description, link) =>
      toast.add({
        title,
        description: description ?? '',
        color: 'success',
        icon: 'i-lucide-circle-check',
        ...(link === undefined
          ? {}
          : { duration: 20_000, actions: [{ ...link, color: 'neutral' as const, variant: 'outline' as const }] }),
      }),
    information: (title, description) =>
      toast.add({ title, description: description ?? '', color: 'neutral', icon: 'i-lucide-info' }),
    undoable: (title, undo) =>
      toast.add({
        title,
        color: 'success',
        icon: 'i-lucide-circle-check',
        duration: 20_000,
        actions: [{ label: t('ui.undo'), color: 'neutral', variant: 'outline', onClick: undo }],
      }),
    /** Shows message and hint of an error, unless the user cancelled. */
    failure(thrown) {
      if (isCancelled(thrown)) return
      const { code, message, hint } = toReport(thrown)
      toast.add({
        // The studio's sentences are English.
        ...(language.value === 'en'
          ? { title: message, description: hint }
          : { title: t(`errors.${code}.title`), description: h('span', { lang: 'en' }, `${message} ${hint}`.trim()) }),
        color: 'error',
        icon: 'i-lucide-circle-alert',
        duration: 12_000,
      })
    },
  }
}
