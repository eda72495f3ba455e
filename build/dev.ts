import { parseArgs } from 'node:util'
import { createServer, type InlineConfig, type Plugin, type ProxyOptions } from 'vite'
import { secretOf } from '../src/contract/api/handshake.ts'
import { protocol } from '../src/contract/api/protocol.ts'
import { windowPlugins } from './window.ts'

const usage = `Usage: npm run dev -- LINK [--port N]

Serves the window with hot reload against a running studio.
LINK is the link that "npm start -- --browser" prints; quote it.`

/**
 * Configuration of a Vite server that serves the window and proxies API and media to the studio at `link`.
 *
 * The proxy adds no credentials: the page enters with the link, as it would at the studio itself, and proves its key for the
 * address of the studio, which it is told. Requests of other pages keep their `Origin`, so that the studio rejects them as if
 * they had come to it directly.
 * @throws if the link has no secret or does not point to this machine
 */
export function devConfig(root: string, link: string, port: number): InlineConfig {
  const { origin: studio, hostname } = new URL(link)
  if (hostname !== '127.0.0.1') throw new Error(`${hostname} is not this machine. Use a link to 127.0.0.1.`)
  if (secretOf(link) === undefined)
    throw new Error('The link has no secret. Copy the whole link that the studio prints.')
  const proxy: ProxyOptions = {
    target: studio,
    changeOrigin: true,
    configure(server) {
      server.on('proxyReq', (request, incoming) => {
        if (isOwn(incoming.headers)) request.setHeader('origin', studio)
      })
      server.on('proxyReqWs', (request, incoming) => {
        if (isOwn(incoming.headers)) request.setHeader('origin', studio)
      })
    },
  }
  return {
    configFile: false,
    root: `${root}/src/renderer`,
    plugins: [windowPlugins(root), studioOrigin(studio)],
    server: {
      host: hostname,
      port,
      proxy: {
        [`^${protocol.socketPath}$`]: { ...proxy, ws: true },
        [`^${protocol.mediaPath}`]: proxy,
      },
    },
  }
}

/** Tells the page for which address it proves its key. */
const studioOrigin = (origin: string): Plugin => ({
  name: 'studio-origin',
  transformIndexHtml: () => [{ tag: 'meta', attrs: { name: 'studio-origin', content: origin }, injectTo: 'head' }],
})

/** Whether a request comes from a page of this server. */
const isOwn = ({ origin, host }: { origin?: string | undefined; host?: string | undefined }): boolean =>
  origin !== undefined && origin === `http://${host}`

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: '5173' } },
  })
  const [link] = positionals
  if (link === undefined || !URL.canParse(link)) {
    console.error(usage)
    process.exit(2)
  }
  const server = await createServer(devConfig(`${import.meta.dirname}/..`, link, Number(values.port)))
  await server.listen()
  console.log(`The window with hot reload:\n\n  ${server.resolvedUrls?.local[0]}${new URL(link).hash}\n`)
}
