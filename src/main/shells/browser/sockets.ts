import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocket, WebSocketServer } from 'ws'

/** The largest request is a pipeline's configuration, a few kilobytes. */
const maxPayloadBytes = 1024 * 1024
const closeTimeoutMs = 1000
const goingAway = 1001

/** A WebSocket server without a port of its own, whose connections speak oRPC. */
export interface Sockets {
  readonly server: WebSocketServer
  accept(socket: WebSocket): void
  /** Says goodbye to every connection and waits for the answers, at most a second. */
  close(): Promise<void>
}

export function createSockets(router: AnyRouter): Sockets {
  const handler = new RPCHandler(router)
  const server = new WebSocketServer({ noServer: true, maxPayload: maxPayloadBytes, perMessageDeflate: false })
  return {
    server,
    accept(socket) {
      // A message beyond the limit arrives here as an error; ws then closes the connection by itself.
      socket.on('error', () => socket.terminate())
      void handler.upgrade(withBackPressure(socket))
    },
    async close() {
      await Promise.all([...server.clients].map(sayGoodbye))
      server.close()
    },
  }
}

/**
 * oRPC waits for `send` before it asks an event iterator for more, so a send that settles when the bytes have left
 * keeps a slow window from piling up events in memory.
 */
function withBackPressure(socket: WebSocket): Pick<WebSocket, 'addEventListener' | 'send'> {
  // What cannot be sent waits for the close, which ends every call of this connection; settled at once, it would be asked for more for ever.
  const closed = new Promise<void>((resolve) => socket.once('close', resolve))
  return {
    addEventListener: socket.addEventListener.bind(socket),
    // oRPC awaits what send returns, although the type that it asks for says void.
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

function sayGoodbye(socket: WebSocket): Promise<void> {
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
