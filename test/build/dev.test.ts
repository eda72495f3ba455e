import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { os } from '@orpc/server'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { protocol } from '#contract/api/protocol.ts'
import { Keys } from '#main/access/keys.ts'
import { startServer, type StudioServer } from '#main/shells/browser/server.ts'
import { devConfig } from '../../build/dev.ts'
import { enterByLink } from '../support/admitted-socket.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'mvd-dev-'))
let studio: StudioServer
let vite: ViteDevServer
let dev: string

beforeAll(async () => {
  studio = await startServer({
    router: { ping: os.handler(() => 'pong') },
    mediaFile: () => undefined,
    page: folder,
    keys: new Keys(join(folder, 'access')),
    workspace: folder,
    port: 0,
  })
  vite = await createServer({ ...devConfig(root, studio.link, 0), cacheDir: join(folder, 'cache'), logLevel: 'error' })
  await vite.listen()
  dev = new URL(vite.resolvedUrls!.local[0]!).origin
})
afterAll(async () => {
  await vite?.close()
  await studio?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** `open`, or the status of the refusal. */
const connect = (headers: Record<string, string>): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(dev.replace('http', 'ws') + protocol.socketPath, { headers })
    socket.on('open', () => (socket.close(), resolve('open')))
    socket.on('unexpected-response', (_, response) => resolve(String(response.statusCode)))
    socket.on('error', (cause) => resolve(cause.message))
  })

test('the window is served with hot reload', async () => {
  expect(await (await fetch(dev)).text()).toContain('/@vite/client')
})

test('the page is told the address of the studio, and enters with its link', async () => {
  expect(await (await fetch(dev)).text()).toContain(`<meta name="studio-origin" content="${studio.origin}">`)
  const { socket, mediaPass } = await enterByLink(studio.link)
  expect((await fetch(`${dev}/media/${mediaPass}/datasets/none.webp`)).status).toBe(404)
  socket.close()
  expect(await connect({ origin: dev })).toBe('open')
})

test('without a pass the studio rejects media', async () => {
  expect((await fetch(`${dev}/media/datasets/none.webp`)).status).toBe(401)
})

test('other pages are rejected', async () => {
  const headers = { origin: 'http://127.0.0.1:1' }
  expect(await connect(headers)).toBe('403')
  expect((await fetch(`${dev}/media/datasets/none.webp`, { headers })).status).toBe(403)
})

test.each([
  ['http://192.168.0.2:8080/#open=abc', 'is not this machine'],
  ['http://127.0.0.1:8080/', 'has no secret'],
])('the link %s is rejected', (link, message) => expect(() => devConfig(root, link, 0)).toThrow(message))
