import { onScopeDispose, readonly, ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import { isCancelled, toReport } from './errors.ts'

export interface Call {
  isBusy: Readonly<Ref<boolean>>
  /** Why the last call failed. */
  error: Readonly<Ref<ErrorReport | null>>
  /** Resolves with the result, or with undefined if the call failed (see `error`) or was cancelled. Never rejects. */
  run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>
  cancel(): void
  clearError(): void
}

/** State of a call that the user starts. Cancelled when the component is unmounted. */
export function useCall(): Call {
  const isBusy = ref(false)
  const error = ref<ErrorReport | null>(null)
  let controller = new AbortController()

  async function run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { signal } = (controller = new AbortController())
    isBusy.value = true
    error.value = null
    try {
      return await call(signal)
    } catch (cause) {
      if (!signal.aborted && !isCancelled(cause)) error.value = toReport(cause)
      return undefined
    } finally {
      isBusy.value = false
    }
  }

  onScopeDispose(() => controller.abort())
  return {
    isBusy: readonly(isBusy),
    error: readonly(error),
    run,
    cancel: () => controller.abort(),
    clearError: () => (error.value = null),
  }
}

type StreamEvent = { type: 'progress' } | { type: 'done' }
type Progress<Event> = Extract<Event, { type: 'progress' }>
type Done<Event> = Extract<Event, { type: 'done' }>

export interface StreamedCall<Request, Event> extends Omit<Call, 'run'> {
  /** The newest progress event; null before the first one and when nothing runs. */
  progress: Readonly<ShallowRef<Progress<Event> | null>>
  /** Resolves with the last event, or with undefined if the call failed (see `error`) or was cancelled. Never rejects. */
  start(request: Request): Promise<Done<Event> | undefined>
}

/** State of a call that reports its progress until it is done. Cancelled when the component is unmounted. */
export function useStreamedCall<Request, Event extends StreamEvent>(
  open: (request: Request, signal: AbortSignal) => Promise<AsyncIterable<Event>>,
): StreamedCall<Request, Event> {
  const { run, ...call } = useCall()
  const progress: ShallowRef<Progress<Event> | null> = shallowRef(null)

  async function start(request: Request): Promise<Done<Event> | undefined> {
    progress.value = null
    const done = await run(async (signal) => {
      for await (const event of await open(request, signal)) {
        if (isDone(event)) return event
        if (isProgress(event)) progress.value = event
      }
      return undefined
    })
    progress.value = null
    return done
  }

  return { ...call, progress, start }
}

const isDone = <Event extends StreamEvent>(event: Event): event is Done<Event> => event.type === 'done'
const isProgress = <Event extends StreamEvent>(event: Event): event is Progress<Event> => event.type === 'progress'
