import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { FollowEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import { useStudio } from '../../api/client.ts'
import { toReport } from '../../api/errors.ts'
import { subscribe } from '../../api/subscribe.ts'

export interface LiveTopicOptions<State, Arrival> {
  initial: State
  fetch: (ids: string[]) => Promise<State>
  /** What an event brings to this topic. */
  pick: (event: FollowEvent) => readonly Arrival[]
  /** The state with some arrivals. `mayOverlap` is true where they came while the state was being fetched. */
  join: (state: State, arrivals: readonly Arrival[], mayOverlap: boolean) => State
  /** Runs a callback before the next frame is drawn. */
  schedule?: (callback: () => void) => void
}

/** Something on a page that is fetched once and then kept up to date by the page's one stream. */
export interface LiveTopic<State = unknown> {
  readonly state: Readonly<ShallowRef<State>>
  readonly isLoaded: Readonly<Ref<boolean>>
  readonly error: Readonly<Ref<ErrorReport | null>>
  /** Fetches anew; called whenever the stream stands, so that nothing falls between snapshot and stream. */
  load(ids: readonly string[]): void
  take(event: FollowEvent): void
  dispose(): void
}

/**
 * A snapshot and what joins it. Events that arrive while the snapshot is being fetched wait for it.
 * However many events arrive, the state changes at most once a frame. A run that goes back to an earlier step is fetched anew.
 */
export function createLiveTopic<State, Arrival>({
  initial,
  fetch,
  pick,
  join,
  schedule = (callback) => requestAnimationFrame(callback),
}: LiveTopicOptions<State, Arrival>): LiveTopic<State> {
  const state = shallowRef(initial)
  const isLoaded = ref(false)
  const error = shallowRef<ErrorReport | null>(null)
  let ids: readonly string[] = []
  let waiting: Arrival[] = []
  let generation = 0
  let isLoading = false
  let isScheduled = false

  async function fetchAll(): Promise<void> {
    const mine = ++generation
    isLoading = true
    waiting = []
    try {
      const fetched = ids.length === 0 ? initial : await fetch([...ids])
      if (mine !== generation) return
      state.value = join(fetched, waiting, true)
      waiting = []
      isLoaded.value = true
      error.value = null
    } catch (cause) {
      if (mine === generation) error.value = toReport(cause)
    } finally {
      if (mine === generation) isLoading = false
    }
  }

  function flush(): void {
    isScheduled = false
    if (isLoading || waiting.length === 0) return
    state.value = join(state.value, waiting, false)
    waiting = []
  }

  return {
    state,
    isLoaded,
    error,
    load(next) {
      ids = next
      void fetchAll()
    },
    take(event) {
      if (event.type === 'rewound') {
        void fetchAll()
        return
      }
      const arrivals = pick(event)
      waiting.push(...arrivals)
      if (arrivals.length === 0 || isLoading || isScheduled) return
      isScheduled = true
      schedule(flush)
    },
    dispose() {
      generation++
      waiting = []
    },
  }
}

/** Opens one stream for the runs with these ids, hands its events to the topics, and follows when the ids change. */
export function useLive(
  ids: () => readonly string[],
  topics: readonly LiveTopic[],
): { error: Readonly<Ref<ErrorReport | null>> } {
  const studio = useStudio()
  const error = shallowRef<ErrorReport | null>(null)
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
