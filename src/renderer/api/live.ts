import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { FollowEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import { useStudio } from './client.ts'
import { toReport } from './errors.ts'
import { subscribe } from './subscribe.ts'

export interface LiveTopicOptions<State, Item> {
  initial: State
  fetch: (ids: string[]) => Promise<State>
  /** The items of an event that belong to this topic. */
  pick: (event: FollowEvent) => readonly Item[]
  /** The state with new items. `mayOverlap` is true if they arrived while the state was fetched. */
  join: (state: State, items: readonly Item[], mayOverlap: boolean) => State
  /** Runs a callback before the next frame is drawn. */
  schedule?: (callback: () => void) => void
}

/** What the stream of a page keeps up to date. */
export interface Followed {
  /** Fetches the state again. Called whenever the stream opens, so that no event between snapshot and stream is lost. */
  load(ids: readonly string[]): void
  take(event: FollowEvent): void
  dispose(): void
}

/** Data of a page that is fetched once and then updated by the stream of the page. */
export interface LiveTopic<State = unknown> extends Followed {
  readonly state: Readonly<ShallowRef<State>>
  readonly isLoaded: Readonly<Ref<boolean>>
  readonly error: Readonly<Ref<ErrorReport | null>>
}

/**
 * Keeps a snapshot up to date with events. Events that arrive while the snapshot is fetched are added to it afterwards.
 * The state changes at most once per animation frame. When a run is rewound to an earlier step, the snapshot is fetched again.
 */
export function createLiveTopic<State, Item>({
  initial,
  fetch,
  pick,
  join,
  schedule = (callback) => requestAnimationFrame(callback),
}: LiveTopicOptions<State, Item>): LiveTopic<State> {
  const state = shallowRef(initial)
  const isLoaded = ref(false)
  const error = shallowRef<ErrorReport | null>(null)
  let ids: readonly string[] = []
  let waiting: Item[] = []
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
      const items = pick(event)
      waiting.push(...items)
      if (items.length === 0 || isLoading || isScheduled) return
      isScheduled = true
      schedule(flush)
    },
    dispose() {
      generation++
      waiting = []
    },
  }
}

/** Opens one stream for these runs, passes its events to the topics, and reopens it when the ids change. */
export function useLive(
  ids: () => readonly string[],
  topics: readonly Followed[],
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
