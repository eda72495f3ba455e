import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { inject } from 'vue'
import type { InjectionKey, Ref } from 'vue'
import type { Contract } from '#contract/api/contract.ts'
import { protocol } from '#contract/api/protocol.ts'
import { disconnected, portTransport, socketTransport } from './transport.ts'
import type { ConnectionState, Transport } from './transport.ts'

export type StudioClient = ContractRouterClient<Contract>

/** Client of the studio and the state of its connection. */
export interface Studio {
  readonly client: StudioClient
  readonly connection: Readonly<Ref<ConnectionState>>
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
export function createStudio(transport: Transport): Studio {
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
    connected: () => transport.connected(),
    dispose: () => transport.dispose(),
  }
}

/** Connects to the studio that served this page: by a MessagePort in Electron, by a WebSocket in a browser. */
export function connectStudio(location: Location): Studio {
  if (location.origin === protocol.appOrigin || location.protocol === new URL(protocol.appOrigin).protocol)
    return createStudio(portTransport(window))
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return createStudio(socketTransport(`${scheme}//${location.host}${protocol.socketPath}`))
}

/** URL of a file of the workspace, such as `datasets/<name>/<video>.webp` or `runs/<id>/media/...`. */
export const mediaUrl = (...paths: string[]): string =>
  protocol.mediaPath +
  paths
    .flatMap((path) => path.split('/'))
    .map(encodeURIComponent)
    .join('/')
