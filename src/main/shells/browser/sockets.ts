import type { AnyRouter } from '@orpc/server'
import { type WebSocket, WebSocketServer } from 'ws'
import { revokedCode } from '#contract/api/handshake.ts'
import type { Keys } from '../../access/keys.ts'
import { channelOf, closeSocket, maxPayloadBytes } from '../local/channel.ts'
import type { Admission, Visitor } from './admission.ts'

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
  const open = channelOf(router, { isBrowser: true })
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
    const key = await admission.admit(socket, visitor, () => open(socket))
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
