import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocket } from 'ws'
import type { CallContext } from '../../app/router.ts'

/** The largest request is a pipeline's configuration, a few kilobytes. */
export const maxPayloadBytes = 1024 * 1024
const closeTimeoutMs = 1000
const goingAway = 1001

/** Returns a function that answers the calls of the contract over a WebSocket. `context`: who calls. */
export function channelOf(router: AnyRouter, context: CallContext = {}): (socket: WebSocket) => void {
  const handler = new RPCHandler(router)
  return (socket) => void handler.upgrade(withBackPressure(socket), { context })
}

/**
 * oRPC waits for `send` before it asks an event iterator for more, so a send that settles when the bytes have left
 * keeps events for a slow window from accumulating in memory.
 */
function withBackPressure(socket: WebSocket): Pick<WebSocket, 'addEventListener' | 'send'> {
  // A failed send waits for the close, which ends every call of this connection. If it settled at once, oRPC would retry endlessly.
  const closed = new Promise<void>((resolve) => socket.once('close', resolve))
  return {
    addEventListener: socket.addEventListener.bind(socket),
    // oRPC awaits what send returns, although its type is void.
    // oxlint-disable-next-line typescript/no-misused-promises
    async send(data: Parameters<WebSocket['send']>[0]) {
      if (socket.readyState === WebSocket.OPEN && (await isSent(socket, data))) return
      await closed
    },
  }
}

function isSent(socket: WebSocket, data: Parameters<WebSocket['send']>[0]): Promise<boolean> {
  return new Promise((resolve) => socket.send(data, (error) => resolve(!error)))
}

/** Closes a connection because the studio closes, and waits for it, at most a second. */
export function closeSocket(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), closeTimeoutMs)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    if (socket.readyState === WebSocket.CLOSED) socket.emit('close')
    else socket.close(goingAway, 'The studio is closing.')
  })
}
