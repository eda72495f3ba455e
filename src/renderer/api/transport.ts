import type { ClientContext, ClientLink } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { readonly, ref } from 'vue'
import type { Ref } from 'vue'
import { StudioError } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'

export type ConnectionState = 'connecting' | 'open' | 'lost'
type Link = ClientLink<ClientContext>

/** A connection to the studio that may be lost and restored. */
export interface Transport {
  readonly state: Readonly<Ref<ConnectionState>>
  /** The link of the current connection. Waits for the first one. @throws `disconnected` while the connection is lost. */
  link(): Promise<Link>
  /** Resolves when the connection is open. */
  connected(): Promise<void>
  dispose(): void
}

/** Delay before reconnection attempt 0, 1, ...: doubles from 250 ms up to 10 s. */
export const backOffMs = (attempt: number): number => Math.min(10_000, 250 * 2 ** attempt)

export const disconnected = (cause?: unknown): StudioError =>
  new StudioError(
    'disconnected',
    'The connection to the studio is lost.',
    'The window reconnects automatically, and runs continue in the background. If it does not reconnect, restart the studio and open its new link.',
    { cause },
  )

/**
 * A socket that ignores messages sent while it is closing, as the platform does. oRPC checks the state itself and would throw an
 * unhandled error; the call fails anyway when the socket emits `close`.
 */
function lenient(
  socket: WebSocket,
): Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'send' | 'readyState'> {
  return {
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    send: (data) => socket.send(data),
    readyState: WebSocket.OPEN,
  }
}

/** Browser shell: a WebSocket that reconnects. */
export function socketTransport(url: string): Transport {
  const state = ref<ConnectionState>('connecting')
  let ready = Promise.withResolvers<Link>()
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempt = 0
  let isDisposed = false

  function connect(): void {
    const current = new WebSocket(url)
    let wasOpen = false
    socket = current
    current.addEventListener('open', () => {
      wasOpen = true
      attempt = 0
      state.value = 'open'
      ready.resolve(new SocketLink({ websocket: lenient(current) }))
    })
    current.addEventListener('close', () => {
      if (isDisposed) return
      if (wasOpen) ready = Promise.withResolvers<Link>()
      state.value = 'lost'
      timer = setTimeout(connect, backOffMs(attempt++))
    })
  }
  connect()

  return {
    state: readonly(state),
    link: () => (state.value === 'lost' ? Promise.reject(disconnected()) : ready.promise),
    connected: () => ready.promise.then(() => undefined),
    dispose() {
      isDisposed = true
      clearTimeout(timer)
      socket?.close()
    },
  }
}

/** Desktop shell: the MessagePort that the preload script sends on request. */
export function portTransport(page: Window): Transport {
  const state = ref<ConnectionState>('connecting')
  const ready = Promise.withResolvers<Link>()
  let port: MessagePort | undefined

  function receive(event: MessageEvent): void {
    if (event.source !== page || event.data !== protocol.portMessage) return
    port = event.ports[0]
    if (port === undefined) return
    page.removeEventListener('message', receive)
    port.addEventListener('close', () => (state.value = 'lost'))
    state.value = 'open'
    ready.resolve(new PortLink({ port }))
    port.start()
  }
  page.addEventListener('message', receive)
  page.postMessage(protocol.portRequest, page.location.origin)

  return {
    state: readonly(state),
    link: () => (state.value === 'lost' ? Promise.reject(disconnected()) : ready.promise),
    connected: () => ready.promise.then(() => undefined),
    dispose() {
      page.removeEventListener('message', receive)
      port?.close()
    },
  }
}
