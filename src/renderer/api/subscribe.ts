import type { ErrorReport } from '#contract/api/errors.ts'
import type { Studio } from './client.ts'
import { toReport } from './errors.ts'
import { backOffMs } from './transport.ts'

export interface Subscription<Event> {
  open(signal: AbortSignal): Promise<AsyncIterable<Event>>
  onEvent(event: Event): void
  /** The stream is open, for the first time or again after a lost connection: fetch what was missed. */
  onOpen?(): void
  /** The studio rejected the stream; it is not opened again. */
  onError(error: ErrorReport): void
}

/**
 * Listens to a stream of the studio and reopens it after a lost connection.
 * Returns a function that ends the subscription.
 */
export function subscribe<Event>(studio: Pick<Studio, 'connected'>, subscription: Subscription<Event>): () => void {
  const controller = new AbortController()
  void listen(studio, subscription, controller.signal)
  return () => controller.abort()
}

async function listen<Event>(
  studio: Pick<Studio, 'connected'>,
  { open, onEvent, onOpen, onError }: Subscription<Event>,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      await studio.connected()
      if (signal.aborted) return
      const events = await open(signal)
      onOpen?.()
      for await (const event of events) {
        if (signal.aborted) return
        attempt = 0
        onEvent(event)
      }
    } catch (cause) {
      if (signal.aborted) return
      const error = toReport(cause)
      if (error.code !== 'disconnected' && error.code !== 'cancelled') return onError(error)
    }
    await pause(backOffMs(attempt), signal)
  }
}

const pause = (durationMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
