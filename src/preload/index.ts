import { ipcRenderer } from 'electron'
import { protocol } from '#contract/protocol.ts'

/** What the preload uses of the page. */
declare const window: {
  addEventListener(type: 'DOMContentLoaded', listener: () => void, options: { once: true }): void
  postMessage(message: string, origin: string, transfer: readonly unknown[]): void
}

// The scripts of the page have run when its content is loaded, so its listener hears of the port; what is sent before is kept by the port.
const { port1, port2 } = new MessageChannel()
ipcRenderer.postMessage(protocol.portMessage, null, [port2])
window.addEventListener('DOMContentLoaded', () => window.postMessage(protocol.portMessage, protocol.appOrigin, [port1]), { once: true })
