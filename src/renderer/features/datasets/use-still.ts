import { onScopeDispose, type Ref, ref, watch } from 'vue'

/** Previews are made in the background after an import, so a missing one is requested again with growing delays. */
const firstRetryMs = 2000
const lastRetryMs = 30_000

/** The state of a picture element, whose handlers of `load` and `error` are given. A new `attempt` needs a new element. */
export function useStill(url: Readonly<Ref<string>>): {
  attempt: Readonly<Ref<number>>
  isReady: Readonly<Ref<boolean>>
  onLoad(): void
  onError(): void
} {
  const attempt = ref(0)
  const isReady = ref(false)
  let retryMs = firstRetryMs
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(url, () => {
    clearTimeout(timer)
    retryMs = firstRetryMs
    isReady.value = false
    attempt.value += 1
  })
  onScopeDispose(() => clearTimeout(timer))
  return {
    attempt,
    isReady,
    onLoad: () => void (isReady.value = true),
    onError() {
      timer = setTimeout(() => (attempt.value += 1), retryMs)
      retryMs = Math.min(lastRetryMs, retryMs * 2)
    },
  }
}
