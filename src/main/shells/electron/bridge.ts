import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import { ipcMain, type IpcMainEvent } from 'electron'
import { protocol } from '#contract/api/protocol.ts'

/**
 * Answers the contract's calls over the MessagePort that each load of the page sends; a port from any other page or frame is ignored.
 * Returns a function that stops it.
 */
export function bridge(router: AnyRouter): () => void {
  const handler = new RPCHandler(router)
  const accept = (event: IpcMainEvent): void => {
    const [port] = event.ports
    const frame = event.senderFrame
    if (port === undefined || frame === null || frame.parent !== null || frame.origin !== protocol.appOrigin) return
    handler.upgrade(port)
    port.start()
  }
  ipcMain.on(protocol.portMessage, accept)
  return () => ipcMain.off(protocol.portMessage, accept)
}
