import { ipcRenderer } from 'electron'
import { protocol } from '#contract/api/protocol.ts'

/** The part of the page's `window` that this script uses. */
declare const window: {
  addEventListener(
    type: 'message',
    listener: (event: { data: unknown; origin: string }) => void,
    options: { signal: AbortSignal },
  ): void
  postMessage(message: string, origin: string, transfer: readonly unknown[]): void
}

// The page requests the port once it listens; an earlier message would be lost. Messages to a port are queued until it is started.
const { port1, port2 } = new MessageChannel()
const portSent = new AbortController()
ipcRenderer.postMessage(protocol.portMessage, null, [port2])
window.addEventListener(
  'message',
  ({ data, origin }) => {
    if (data !== protocol.portRequest || origin !== protocol.appOrigin) return
    portSent.abort()
    window.postMessage(protocol.portMessage, protocol.appOrigin, [port1])
  },
  { signal: portSent.signal },
)
