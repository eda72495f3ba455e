import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { protocol } from '#contract/api/protocol.ts'
import { Keys } from '#main/access/keys.ts'
import { Admission } from '#main/shells/browser/admission.ts'
import { contentPolicy } from '#main/shells/browser/files.ts'
import { createSockets } from '#main/shells/browser/sockets.ts'
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
export interface FakeServer {
  url: string
  /** Appended to the first address that a browser opens, it gives access. */
  fragment: string
  close(): Promise<void>
}

/** Serves a built window with a fake studio behind it, on the loopback address only. */
export async function serveFake(studio: FakeStudio, directory: string, port = 0): Promise<FakeServer> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    response.setHeader('content-security-policy', contentPolicy)
    if (path.startsWith(protocol.mediaPath)) {
      // The pass of the page comes first.
      const bytes = await studio.media(path.replace(/^(\/media\/)[0-9a-f]+\.[0-9a-f]+\//, '$1'))
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
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  const url = `http://127.0.0.1:${address.port}`
  const folder = mkdtempSync(join(tmpdir(), 'mvd-fake-'))
  const keys = new Keys(folder)
  keys.listensAt({ origin: url, port: address.port })
  const sockets = createSockets(studio.router, new Admission(keys, folder), keys)
  server.on('upgrade', (request, socket, head) =>
    sockets.server.handleUpgrade(request, socket, head, (accepted) =>
      sockets.accept(accepted, { origin: url, browser: 'Chrome on Linux' }),
    ),
  )
  return {
    url,
    fragment: new URL(keys.makeLink()).hash,
    async close() {
      await sockets.close()
      rmSync(folder, { recursive: true })
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
  const { url, fragment } = await serveFake(
    createFakeStudio({ isEmpty: values.empty }),
    values.directory,
    Number(values.port),
  )
  console.log(`${url}/${fragment}`)
}
