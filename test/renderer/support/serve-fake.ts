import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer } from 'ws'
import { protocol } from '#contract/api/protocol.ts'
import { createFakeStudio } from './fake-studio.ts'
import type { FakeStudio } from './fake-studio.ts'

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** The policy of the real shells. */
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'"

export interface FakeServer {
  url: string
  close(): Promise<void>
}

/** Serves a built window with a fake studio behind it, on the loopback address only. */
export async function serveFake(studio: FakeStudio, directory: string, port = 0): Promise<FakeServer> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    response.setHeader('content-security-policy', policy)
    if (path.startsWith(protocol.mediaPath)) {
      const bytes = await studio.media(path)
      return bytes === undefined
        ? response.writeHead(404).end()
        : response.writeHead(200, { 'content-type': 'image/webp' }).end(bytes)
    }
    const file = join(directory, path)
    const isFile = existsSync(file) && statSync(file).isFile()
    const shown = isFile ? file : join(directory, 'index.html')
    // Names of assets contain their hash. A cached script is not compiled again on every page that a test loads.
    const cacheControl = isFile && path.startsWith('/assets/') ? 'max-age=3600, immutable' : 'no-store'
    response.writeHead(200, {
      'content-type': types[extname(shown)] ?? 'application/octet-stream',
      'cache-control': cacheControl,
    })
    createReadStream(shown).pipe(response)
  })
  const sockets = new WebSocketServer({ server, path: protocol.socketPath })
  const handler = new RPCHandler(studio.router)
  sockets.on('connection', (socket) => void handler.upgrade(socket))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string' },
      port: { type: 'string', default: '0' },
      empty: { type: 'boolean', default: false },
    },
  })
  if (values.directory === undefined)
    throw new Error('Usage: serve-fake.ts --directory BUILT_WINDOW [--port 0] [--empty]')
  const { url } = await serveFake(createFakeStudio({ isEmpty: values.empty }), values.directory, Number(values.port))
  console.log(url)
}
