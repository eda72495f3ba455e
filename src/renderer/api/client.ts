import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { inject } from 'vue'
import type { InjectionKey, Ref } from 'vue'
import type { Contract } from '#contract/api/contract.ts'
import { protocol } from '#contract/api/protocol.ts'
import { browserKeyring } from './keyring.ts'
import { disconnected, portTransport, socketTransport } from './transport.ts'
import type { BrowserAccess, ConnectionState, Transport } from './transport.ts'

export type StudioClient = ContractRouterClient<Contract>

/** Client of the studio and the state of its connection. */
export interface Studio {
  readonly client: StudioClient
  readonly connection: Readonly<Ref<ConnectionState>>
  /** How a browser reaches the studio; null in the desktop shell. */
  readonly access: BrowserAccess | null
  /** Resolves when the connection is open. */
  connected(): Promise<void>
  dispose(): void
}

export const studioKey: InjectionKey<Studio> = Symbol('studio')

/** The studio of the app. Call in components and stores. @throws if none was provided. */
export function useStudio(): Studio {
  const studio = inject(studioKey)
  if (studio === undefined) throw new Error('No studio was provided to this app.')
  return studio
}

/** Creates a client over a transport. Calls that lose the connection fail with `disconnected`. */
export function createStudio(transport: Transport, access: BrowserAccess | null = null): Studio {
  const client: StudioClient = createORPCClient({
    async call(path, input, options) {
      const link = await transport.link()
      try {
        return await link.call(path, input, options)
      } catch (cause) {
        throw transport.state.value === 'open' ? cause : disconnected(cause)
      }
    },
  })
  return {
    client,
    connection: transport.state,
    access,
    connected: () => transport.connected(),
    dispose: () => transport.dispose(),
  }
}

/**
 * Connects to the studio that served this page: by a MessagePort in Electron, by a WebSocket in a browser.
 *
 * @param openedAddress address with which the page was opened, perhaps a link
 */
export function connectStudio(location: Location, openedAddress: string): Studio {
  if (location.origin === protocol.appOrigin || location.protocol === new URL(protocol.appOrigin).protocol)
    return createStudio(portTransport(window))
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const keyring = browserKeyring(window.localStorage, studioOrigin(location))
  keyring.take(openedAddress)
  const transport = socketTransport(`${scheme}//${location.host}${protocol.socketPath}`, keyring)
  mediaPass = transport.access.mediaPass
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && transport.state.value === 'lost') transport.access.retry()
  })
  return createStudio(transport, transport.access)
}

/** Origin of the studio: that of the page, unless a server for development passes its requests on. */
const studioOrigin = (location: Location): string =>
  document.querySelector<HTMLMetaElement>('meta[name="studio-origin"]')?.content ?? location.origin

let mediaPass: Readonly<Ref<string | null>> | undefined

/** URL of a file of the workspace, such as `datasets/<name>/<video>.webp` or `runs/<id>/media/...`. It changes when the studio is opened again. */
export const mediaUrl = (...paths: string[]): string =>
  protocol.mediaPath +
  [mediaPass?.value ?? [], paths]
    .flat()
    .flatMap((path) => path.split('/'))
    .map(encodeURIComponent)
    .join('/')
