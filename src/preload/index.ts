import { ipcRenderer } from 'electron'
import { protocol } from '#contract/api/protocol.ts'

/** What the preload uses of the page. */
declare const window: {
  addEventListener(
    type: 'message',
    listener: (event: { data: unknown; origin: string }) => void,
    options: { signal: AbortSignal },
  ): void
  postMessage(message: string, origin: string, transfer: readonly unknown[]): void
}

// The page asks when it listens: a port that came earlier would be lost. One port a load; what is sent over it early waits in it.
const { port1, port2 } = new MessageChannel()
const handedOver = new AbortController()
ipcRenderer.postMessage(protocol.portMessage, null, [port2])
window.addEventListener(
  'message',
  ({ data, origin }) => {
    if (data !== protocol.portRequest || origin !== protocol.appOrigin) return
    handedOver.abort()
    window.postMessage(protocol.portMessage, protocol.appOrigin, [port1])
  },
  { signal: handedOver.signal },
)
