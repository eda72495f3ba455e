import { onScopeDispose, ref, watch, type Ref } from 'vue'
import type { FollowEvent } from '#contract/api.ts'
import type { ErrorReport } from '#contract/errors.ts'
import { useStudio } from '../../api/client.ts'
import { subscribe } from '../../api/subscribe.ts'

/** Something on a page that is fetched once and then kept up to date by the page's one stream. */
export interface LiveTopic {
  /** Fetches anew; called whenever the stream stands, so that nothing falls between snapshot and stream. */
  load(ids: readonly string[]): void
  take(event: FollowEvent): void
  dispose(): void
}

/** Opens one stream for the runs with these ids, hands its events to the topics, and follows when the ids change. */
export function useLive(ids: () => readonly string[], topics: readonly LiveTopic[]): { error: Ref<ErrorReport | null> } {
  const studio = useStudio()
  const error = ref<ErrorReport | null>(null)
  let close: (() => void) | undefined

  watch(
    () => ids().join(' '),
    () => {
      close?.()
      close = undefined
      error.value = null
      const followed = [...ids()]
      if (followed.length === 0) {
        for (const topic of topics) topic.load([])
        return
      }
      close = subscribe(studio, {
        open: (signal) => studio.client.runs.follow({ ids: followed }, { signal }),
        onOpen: () => topics.forEach((topic) => topic.load(followed)),
        onEvent: (event) => topics.forEach((topic) => topic.take(event)),
        onError: (report) => (error.value = report),
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    close?.()
    for (const topic of topics) topic.dispose()
  })
  return { error }
}
