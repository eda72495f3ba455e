import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { revokedCode } from '#contract/api/handshake.ts'
import type { Keys } from '../../access/keys.ts'
import type { Admission, Visitor } from './admission.ts'

/** The largest request is a pipeline's configuration, a few kilobytes. */
const maxPayloadBytes = 1024 * 1024
const closeTimeoutMs = 1000
const goingAway = 1001
/** Sockets whose page has not been admitted yet. Each is closed after seconds. */
const maxWaiting = 64
/** How often open sockets are compared with the keys, which the command line may revoke. */
const lookMs = 2000

/** A WebSocket server on another server's port, whose connections speak oRPC once their page is admitted. */
export interface Sockets {
  readonly server: WebSocketServer
  /** Whether another page may wait for its admission. */
  hasRoom(): boolean
  accept(socket: WebSocket, visitor: Visitor): void
  /** Closes every connection and waits for it, at most a second. */
  close(): Promise<void>
}

export function createSockets(router: AnyRouter, admission: Admission, keys: Keys): Sockets {
  const handler = new RPCHandler(router)
  const server = new WebSocketServer({ noServer: true, maxPayload: maxPayloadBytes, perMessageDeflate: false })
  const keyOf = new Map<WebSocket, string>()
  let waiting = 0

  function closeRevoked(): void {
    for (const [socket, key] of keyOf)
      if (keys.has(key)) keys.seen(key)
      else socket.close(revokedCode, 'The key was revoked.')
  }
  const unsubscribe = keys.revoked.subscribe(closeRevoked)
  const timer = setInterval(closeRevoked, lookMs)
  timer.unref()

  async function admit(socket: WebSocket, visitor: Visitor): Promise<void> {
    const key = await admission.admit(socket, visitor, () => void handler.upgrade(withBackPressure(socket)))
    if (key === undefined) return
    keyOf.set(socket, key)
    socket.once('close', () => keyOf.delete(socket))
    if (!keys.has(key)) closeRevoked()
  }

  return {
    server,
    hasRoom: () => waiting < maxWaiting,
    accept(socket, visitor) {
      // A message beyond the limit arrives here as an error; ws then closes the connection.
      socket.on('error', () => socket.terminate())
      waiting++
      admit(socket, visitor)
        .catch((cause: unknown) => {
          console.error(cause)
          socket.terminate()
        })
        .finally(() => waiting--)
    },
    async close() {
      unsubscribe()
      clearInterval(timer)
      await Promise.all([...server.clients].map(closeSocket))
      server.close()
    },
  }
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

function closeSocket(socket: WebSocket): Promise<void> {
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
