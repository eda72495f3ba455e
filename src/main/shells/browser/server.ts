import { randomBytes } from 'node:crypto'
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import type { AnyRouter } from '@orpc/server'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'
import { allowedHosts, authorize, bracketed, type Access, type Decision, type RequestFacts } from './access.ts'
import { respondTo, securityHeaders, textResponse, type FileSources } from './files.ts'
import { createSockets, type Sockets } from './sockets.ts'

export interface ServerOptions extends FileSources {
  router: AnyRouter
  /** 0 takes any free port. */
  port: number
  /** Address to listen on; only this machine by default. */
  address?: string
}

export interface StudioServer {
  readonly port: number
  /** Address with the token, which gives access. */
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
  const access: Access = {
    token: randomBytes(32).toString('hex'),
    // Cookies are shared by all ports of a host, so two studios on one machine need two names.
    cookieName: `mvd-studio-${port}`,
    hosts: allowedHosts(address, port, machineNames()),
  }
  const sockets = createSockets(options.router)

  http.on('request', (request, response) => {
    answer(request, response, access, options).catch((cause: unknown) => {
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
  http.on('upgrade', (request, socket, head) => upgrade(request, socket, head, access, sockets))

  const shown = address === '0.0.0.0' || address === '::' ? hostname() : address
  return {
    port,
    link: `http://${bracketed(shown)}:${port}/?${protocol.tokenParameter}=${access.token}`,
    async close() {
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  sources: FileSources,
): Promise<void> {
  const decision = authorize(factsOf(request, false), access)
  if (decision.kind === 'pass') {
    const [path = '/'] = (request.url ?? '/').split('?', 1)
    write(response, await respondTo(path, sources), request.method)
  } else if (decision.kind === 'enter') {
    response
      .writeHead(303, {
        ...securityHeaders,
        location: decision.location,
        'set-cookie': decision.cookie,
        'cache-control': 'no-store',
      })
      .end()
  } else {
    write(response, textResponse(decision.status, decision.reason), request.method)
  }
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, access: Access, sockets: Sockets): void {
  socket.on('error', () => socket.destroy())
  const decision = authorize(factsOf(request, true), access)
  if (decision.kind !== 'pass') return refuseUpgrade(socket, decision)
  if (request.url !== protocol.socketPath)
    return refuseUpgrade(socket, { kind: 'refuse', status: 404, reason: 'There is no socket at this path.' })
  sockets.server.handleUpgrade(request, socket, head, sockets.accept)
}

function refuseUpgrade(
  socket: Duplex,
  decision: Exclude<Decision, { kind: 'pass' }> | { kind: 'refuse'; status: 404; reason: string },
): void {
  const { status, reason } =
    decision.kind === 'refuse' ? decision : { status: 401, reason: 'A socket needs the cookie.' }
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  )
}

function factsOf(request: IncomingMessage, isUpgrade: boolean): RequestFacts {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    host: request.headers.host,
    origin: request.headers.origin,
    cookie: request.headers.cookie,
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
