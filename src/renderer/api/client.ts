import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { inject } from 'vue'
import type { InjectionKey, Ref } from 'vue'
import type { Contract } from '#contract/api/contract.ts'
import { protocol } from '#contract/api/protocol.ts'
import { disconnected, portTransport, socketTransport } from './transport.ts'
import type { ConnectionState, Transport } from './transport.ts'

export type StudioClient = ContractRouterClient<Contract>

/** The studio as the window sees it: its calls, and whether it can be reached. */
export interface Studio {
  readonly client: StudioClient
  readonly connection: Readonly<Ref<ConnectionState>>
  /** Resolves as soon as there is a connection. */
  connected(): Promise<void>
  dispose(): void
}

export const studioKey: InjectionKey<Studio> = Symbol('studio')

/** The studio that the window was opened on; usable in components and in stores. */
export function useStudio(): Studio {
  const studio = inject(studioKey)
  if (studio === undefined) throw new Error('No studio was provided to this app.')
  return studio
}

/** Builds the studio over a transport. A call that loses its connection fails with `disconnected`. */
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

/** Connects to the studio that served this page: over a MessagePort in Electron, over a WebSocket in a browser. */
export function connectStudio(location: Location): Studio {
  if (location.origin === protocol.appOrigin || location.protocol === new URL(protocol.appOrigin).protocol)
    return createStudio(portTransport(window))
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return createStudio(socketTransport(`${scheme}//${location.host}${protocol.socketPath}`))
}

/** Address of a file of the workspace, such as `datasets/<name>/<video>.webp` or `runs/<id>/media/...`. */
export const mediaUrl = (...parts: string[]): string =>
  protocol.mediaPath +
  parts
    .flatMap((part) => part.split('/'))
    .map(encodeURIComponent)
    .join('/')
