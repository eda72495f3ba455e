import type { ClientContext, ClientLink } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { readonly, ref } from 'vue'
import type { Ref } from 'vue'
import { StudioError } from '#contract/api/errors.ts'
import { revokedCode } from '#contract/api/handshake.ts'
import { protocol } from '#contract/api/protocol.ts'
import type { Attempt, Keyring, Refusal } from './keyring.ts'

/** `refused`: the studio answers, and does not admit this page. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'refused'
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
    'The window reconnects automatically as soon as the studio is open again, and runs continue in the background.',
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

/** What a page in a browser knows about its way to the studio. */
export interface BrowserAccess {
  /** Origin of the studio. */
  readonly address: string
  /** Why the studio does not admit this page. */
  readonly refusal: Readonly<Ref<Refusal | null>>
  /** Another program answers at the address of the studio. */
  readonly isForeign: Readonly<Ref<boolean>>
  /** When the page tries again, in milliseconds since 1970; null while it tries. */
  readonly nextAttemptAt: Readonly<Ref<number | null>>
  /** Id of the key with which this page opened the studio. */
  readonly keyId: Readonly<Ref<string | null>>
  /** Segment of the addresses of media. */
  readonly mediaPass: Readonly<Ref<string | null>>
  /** Tries now. No effect while the connection is open or an attempt is under way. */
  retry(): void
  /** Opens the studio with a link. False if it is none of this address. */
  enter(link: string): boolean
}

/** A studio answers in milliseconds. One that is suspended, or another program, may never. */
const openingTimeoutMs = 10_000

/** Browser shell: a WebSocket that shows a key, and reconnects. An attempt that takes longer than `limitMs` is given up. */
export function socketTransport(
  url: string,
  keyring: Keyring,
  limitMs = openingTimeoutMs,
): Transport & { readonly access: BrowserAccess } {
  const state = ref<ConnectionState>('connecting')
  const refusal = ref<Refusal | null>(null)
  const isForeign = ref(false)
  const nextAttemptAt = ref<number | null>(null)
  const keyId = ref<string | null>(null)
  const mediaPass = ref<string | null>(null)
  let ready = Promise.withResolvers<Link>()
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempt = 0
  let isDisposed = false

  function refuse(reason: Refusal): void {
    refusal.value = reason
    state.value = 'refused'
  }

  function connect(): void {
    clearTimeout(timer)
    nextAttemptAt.value = null
    const current = new WebSocket(url)
    let shown: Attempt | undefined
    let isAgain = false
    let isAdmitted = false
    socket = current
    const limit = setTimeout(() => current.close(), limitMs)

    /** Leaves a server that does not behave like the studio, before it hears more. */
    function leave(): void {
      isForeign.value = true
      current.close()
    }

    function receive({ data }: MessageEvent): void {
      const message = String(data)
      if (shown === undefined) {
        const opening = keyring.open(message)
        if (opening === undefined) return leave()
        if ('refusal' in opening) {
          isForeign.value = false
          refuse(opening.refusal)
          current.close()
          return
        }
        shown = opening
        return current.send(shown.message)
      }
      const outcome = shown.settle(message)
      if (outcome === undefined) return leave()
      isForeign.value = false
      if (outcome.kind === 'again') isAgain = true
      else if (outcome.kind === 'refused') refuse(outcome.refusal)
      else {
        current.removeEventListener('message', receive)
        clearTimeout(limit)
        isAdmitted = true
        attempt = 0
        refusal.value = null
        keyId.value = outcome.keyId
        mediaPass.value = outcome.mediaPass
        state.value = 'open'
        ready.resolve(new SocketLink({ websocket: lenient(current) }))
      }
    }
    current.addEventListener('message', receive)
    current.addEventListener('close', ({ code }) => {
      clearTimeout(limit)
      if (isDisposed || socket !== current) return
      if (isAdmitted) ready = Promise.withResolvers<Link>()
      if (code === revokedCode) return refuse('key')
      if (isAgain) return connect()
      if (state.value === 'refused') return
      state.value = 'lost'
      const delay = backOffMs(attempt++)
      nextAttemptAt.value = Date.now() + delay
      timer = setTimeout(connect, delay)
    })
  }

  function retry(): void {
    if (isDisposed || state.value === 'open' || (socket !== undefined && socket.readyState < WebSocket.CLOSING)) return
    state.value = state.value === 'refused' ? 'connecting' : state.value
    attempt = 0
    connect()
  }

  connect()
  const forget = keyring.onChange(() => {
    if (state.value === 'refused') retry()
  })

  return {
    state: readonly(state),
    link: () => (state.value === 'lost' || state.value === 'refused' ? Promise.reject(disconnected()) : ready.promise),
    connected: () => ready.promise.then(() => undefined),
    access: {
      address: new URL(url.replace(/^ws/, 'http')).origin,
      refusal: readonly(refusal),
      isForeign: readonly(isForeign),
      nextAttemptAt: readonly(nextAttemptAt),
      keyId: readonly(keyId),
      mediaPass: readonly(mediaPass),
      retry,
      enter(link) {
        if (!keyring.take(link)) return false
        retry()
        return true
      },
    },
    dispose() {
      isDisposed = true
      forget()
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
