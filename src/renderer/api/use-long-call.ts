import { onScopeDispose, ref } from 'vue'
import type { Ref } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import { isCancelled, toReport } from './errors.ts'

export interface LongCall {
  isBusy: Readonly<Ref<boolean>>
  error: Ref<ErrorReport | null>
  /** What the call came to, or undefined when it failed (see `error`) or was cancelled. Never throws. */
  run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>
  cancel(): void
}

/** A call that takes long, one at a time, with how it failed and a way to end it. Cancelled when its owner goes away. */
export function useLongCall(): LongCall {
  const isBusy = ref(false)
  const error = ref<ErrorReport | null>(null)
  let controller = new AbortController()

  async function run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const mine = new AbortController()
    controller = mine
    isBusy.value = true
    error.value = null
    try {
      return await call(mine.signal)
    } catch (cause) {
      if (!mine.signal.aborted && !isCancelled(cause)) error.value = toReport(cause)
      return undefined
    } finally {
      isBusy.value = false
    }
  }

  onScopeDispose(() => controller.abort())
  return { isBusy, error, run, cancel: () => controller.abort() }
}
