import { AsyncIteratorClass } from '@orpc/server'

/** Source of a stream: `take` returns the pending events and clears them; `close` ends the subscription. */
export interface Source<T> {
  take(): T[]
  close(): void
}

export interface StreamControl {
  /** Events are pending. */
  wake(): void
  /** No more events follow. Pending ones are still delivered, then the stream ends or throws `error`. */
  end(error?: unknown): void
}

/**
 * Opens a stream of events for one reader. Events that arrive while the reader is busy stay in the source, which may merge
 * them; the source is read at most every `intervalMs`. Ends without an error if the signal aborts or the reader returns.
 */
export function openStream<T>(
  signal: AbortSignal | undefined,
  intervalMs: number,
  open: (control: StreamControl) => Source<T>,
): AsyncIteratorClass<T> {
  let isWaiting = false
  let ending: { error?: unknown } | undefined
  let notify: (() => void) | undefined
  const source = open({
    wake: () => {
      isWaiting = true
      notify?.()
    },
    end: (error) => {
      ending = error === undefined ? {} : { error }
      notify?.()
    },
  })

  let isClosed = false
  const close = () => {
    if (isClosed) return
    isClosed = true
    signal?.removeEventListener('abort', close)
    source.close()
    notify?.()
  }
  signal?.addEventListener('abort', close, { once: true })
  if (signal?.aborted === true) close()

  const queue: T[] = []
  let nextTakeAt = 0
  const next = async (): Promise<IteratorResult<T>> => {
    for (;;) {
      if (isClosed) return { done: true, value: undefined }
      const value = queue.shift()
      if (value !== undefined) return { done: false, value }
      const pauseMs = ending === undefined ? nextTakeAt - performance.now() : 0
      if (isWaiting && pauseMs <= 0) {
        isWaiting = false
        nextTakeAt = performance.now() + intervalMs
        queue.push(...source.take())
      } else if (ending !== undefined) {
        close()
        if ('error' in ending) throw ending.error
        return { done: true, value: undefined }
      } else {
        await new Promise<void>((resolve) => {
          const timer = isWaiting ? setTimeout(resolve, pauseMs) : undefined
          notify = () => {
            // Only the end of the stream shortens the pause.
            if (timer !== undefined && !isClosed && ending === undefined) return
            clearTimeout(timer)
            resolve()
          }
        })
      }
    }
  }
  return new AsyncIteratorClass<T>(next, async () => close())
}

/** Runs a long task as a stream: one event per report, the result last. The task is aborted if the reader leaves. */
export function taskStream<T>(
  signal: AbortSignal | undefined,
  task: (report: (event: T) => void, signal: AbortSignal) => Promise<T>,
): AsyncIteratorClass<T> {
  const abort = new AbortController()
  return openStream<T>(signal, 0, (control) => {
    let waiting: T[] = []
    const report = (event: T) => {
      waiting.push(event)
      control.wake()
    }
    const drive = async () => {
      try {
        report(await task(report, abort.signal))
        control.end()
      } catch (error) {
        control.end(error)
      }
    }
    void drive()
    return {
      take: () => {
        const taken = waiting
        waiting = []
        return taken
      },
      close: () => abort.abort(),
    }
  })
}
