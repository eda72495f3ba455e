import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import type { AnyRouter } from '@orpc/server'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'
import { browserName } from '../../access/browser-name.ts'
import type { Keys } from '../../access/keys.ts'
import { allowedHosts, authorize, bracketed, refuse, type Decision, type RequestFacts } from './access.ts'
import { Admission } from './admission.ts'
import { respondTo, textResponse, type FileSources } from './files.ts'
import { createSockets, type Sockets } from './sockets.ts'

export interface ServerOptions extends FileSources {
  router: AnyRouter
  /** Browsers that may open the studio. */
  keys: Keys
  /** Absolute path of the workspace. */
  workspace: string
  /** 0 takes any free port. */
  port: number
  /** Port to take at the next start, if not this one. */
  portToKeep?: number | undefined
  /** Address to listen on; only this machine by default. */
  address?: string
}

export interface StudioServer {
  readonly port: number
  /** Address of the window, without a way in. */
  readonly origin: string
  /** A link that gives one browser access. */
  readonly link: string
  close(): Promise<void>
}

const defaultAddress = '127.0.0.1'

/**
 * Serves the window, the media and the contract over HTTP and one WebSocket.
 * @throws StudioError `port-in-use` if another program listens on the port.
 */
export async function startServer(options: ServerOptions): Promise<StudioServer> {
  const address = options.address ?? defaultAddress
  const http = createServer()
  const port = await listen(http, options.port, address)
  const hosts = allowedHosts(address, port, machineNames())
  const admission = new Admission(options.keys, options.workspace)
  const sockets = createSockets(options.router, admission, options.keys)
  const shown = address === '0.0.0.0' || address === '::' ? hostname() : address
  const origin = `http://${bracketed(shown)}${port === 80 ? '' : `:${port}`}`

  http.on('request', (request, response) => {
    answer(request, response, { hosts, admission, sources: options }).catch((cause: unknown) => {
      console.error(cause)
      if (response.headersSent) response.destroy()
      else
        write(
          response,
          textResponse(500, 'The studio could not respond; the terminal that started it shows the error.'),
          request.method,
        )
    })
  })
  http.on('upgrade', (request, socket, head) => upgrade(request, socket, head, hosts, sockets))

  // Links of an earlier start lead to this studio no longer.
  options.keys.removeLinks()
  options.keys.listensAt({ origin, port: options.portToKeep ?? port })
  return {
    port,
    origin,
    link: options.keys.makeLink(),
    async close() {
      options.keys.removeLinks()
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      await sockets.close()
      http.closeAllConnections()
      await closed
    },
  }
}

function listen(http: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) => reject(listenError(cause, port, address)))
    http.listen(port, address, () => {
      http.removeAllListeners('error')
      const bound = http.address()
      if (bound === null || typeof bound === 'string')
        reject(new StudioError('internal', 'The server has no port.', 'Please report this.'))
      else resolve(bound.port)
    })
  })
}

function listenError(cause: Error, port: number, address: string): StudioError {
  switch (systemCode(cause)) {
    case 'EADDRINUSE':
      return new StudioError(
        'port-in-use',
        `Port ${port} is in use by another program.`,
        'Choose another with --port, or --port 0 for any free one.',
        { cause },
      )
    case 'EACCES':
      return new StudioError(
        'bad-request',
        `Port ${port} is reserved for the administrator.`,
        'Choose one above 1023 with --port, or --port 0 for any free one.',
        { cause },
      )
    default:
      return new StudioError(
        'bad-request',
        `The studio cannot listen on ${address}, port ${port}: ${cause.message}`,
        'Check --host and --port.',
        { cause },
      )
  }
}

interface Answering {
  hosts: ReadonlySet<string>
  admission: Admission
  sources: FileSources
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { hosts, admission, sources }: Answering,
): Promise<void> {
  const decision = authorize(factsOf(request, false), hosts)
  const [target = '/'] = (request.url ?? '/').split('?', 1)
  const path = decision.kind === 'pass' ? withoutPass(target, admission) : decision
  write(
    response,
    typeof path === 'string' ? await respondTo(path, sources) : textResponse(path.status, path.reason),
    request.method,
  )
}

/** The path of a medium without the pass in its first segment, or a refusal. Any other path stays as it is. */
function withoutPass(path: string, admission: Admission): string | Extract<Decision, { kind: 'refuse' }> {
  if (!path.startsWith(protocol.mediaPath)) return path
  const [, pass = '', rest = ''] = /^([^/]*)\/?(.*)$/s.exec(path.slice(protocol.mediaPath.length)) ?? []
  return admission.isPass(pass)
    ? protocol.mediaPath + rest
    : refuse(401, 'Open the studio with the link that it printed when it started.')
}

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  hosts: ReadonlySet<string>,
  sockets: Sockets,
): void {
  socket.on('error', () => socket.destroy())
  const decision = authorize(factsOf(request, true), hosts)
  if (decision.kind === 'refuse') return refuseUpgrade(socket, decision)
  if (request.url !== protocol.socketPath) return refuseUpgrade(socket, refuse(404, 'There is no socket at this path.'))
  if (!sockets.hasRoom()) return refuseUpgrade(socket, refuse(503, 'Too many pages wait for their admission.'))
  const visitor = { origin: request.headers.origin ?? '', browser: browserName(request.headers['user-agent']) }
  sockets.server.handleUpgrade(request, socket, head, (accepted) => sockets.accept(accepted, visitor))
}

function refuseUpgrade(socket: Duplex, { status, reason }: Extract<Decision, { kind: 'refuse' }>): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  )
}

function factsOf(request: IncomingMessage, isUpgrade: boolean): RequestFacts {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    // `headers.host` hides a second one.
    hosts: request.rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === 'host'),
    origin: request.headers.origin,
    isUpgrade,
  }
}

function write(
  response: ServerResponse,
  { status, headers, body }: { status: number; headers: Record<string, string>; body: Buffer },
  method: string | undefined,
): void {
  response.writeHead(status, { ...headers, 'content-length': body.length })
  response.end(method === 'HEAD' ? undefined : body)
}

function machineNames(): string[] {
  return [
    hostname(),
    ...Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  ]
}
