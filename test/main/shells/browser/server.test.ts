import { once } from 'node:events'
import { connect } from 'node:net'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Contract } from '#contract/api/contract.ts'
import type { StudioError } from '#contract/api/errors.ts'
import { startServer, type StudioServer } from '#main/shells/browser/server.ts'
import { makePage, produced, tinyRouter } from './tiny-studio.ts'

let page: Awaited<ReturnType<typeof makePage>>
let server: StudioServer
let base: string
let cookie: string

beforeAll(async () => {
  page = await makePage()
  server = await startServer({ router: tinyRouter, port: 0, page: page.page, mediaFile: page.mediaFile })
  base = `http://127.0.0.1:${server.port}`
  const entry = await fetch(server.link, { redirect: 'manual' })
  cookie = entry.headers.get('set-cookie')!.split(';')[0]!
})
afterAll(async () => {
  await server.close()
  await page.remove()
})

/** Sends a request as it stands, so that no client tidies its path or its headers. Resolves with the whole answer. */
async function raw(target: string, headers: Record<string, string>, method = 'GET'): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  const lines = Object.entries({ host: `127.0.0.1:${server.port}`, connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`)
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  await once(socket, 'close')
  return answer
}
const statusOf = (answer: string) => Number(answer.split(' ')[1])

describe('over a real socket', () => {
  it('turns the link into an HttpOnly cookie and a clean address', async () => {
    expect(server.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64}$/)
    const entry = await fetch(server.link, { redirect: 'manual' })
    expect(entry.status).toBe(303)
    expect(entry.headers.get('location')).toBe('/')
    expect(entry.headers.get('set-cookie')).toMatch(
      new RegExp(`^mvd-studio-${server.port}=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict$`),
    )
    const opened = await fetch(`${base}/`, { headers: { cookie } })
    expect([opened.status, await opened.text()]).toEqual([200, '<!doctype html><title>MVD Studio</title>'])
  })

  test.each<[string, () => Promise<string>, number]>([
    ['no cookie', () => raw('/', {}), 401],
    ['no cookie on a script', () => raw('/assets/main.js', {}), 401],
    ['no cookie on media', () => raw('/media/datasets/falls/clip.webp', {}), 401],
    ['a wrong token', () => raw(`/?token=${'0'.repeat(64)}`, {}), 401],
    ['a foreign origin', () => raw('/', { cookie, origin: 'https://evil.example' }), 403],
    ['a POST without origin', () => raw('/', { cookie }, 'POST'), 403],
    ['a POST from its own page', () => raw('/', { cookie, origin: base }, 'POST'), 405],
    ['a rebound name', () => raw('/', { cookie, host: `evil.example:${server.port}` }), 421],
    ['a path outside the build', () => raw('/../secret.txt', { cookie }), 403],
    ['an encoded path outside the build', () => raw('/%2e%2e%2fsecret.txt', { cookie }), 403],
    ['a path outside the media', () => raw('/media/%2e%2e/secret.txt', { cookie }), 403],
    ['a missing script', () => raw('/assets/gone.js', { cookie }), 404],
    ['an address inside the window', () => raw('/runs/a-1', { cookie }), 200],
    ['media', () => raw('/media/datasets/falls/clip.webp?v=2', { cookie }), 200],
  ])('%s', async (_name, request, expected) => {
    const answer = await request()
    expect(statusOf(answer)).toBe(expected)
    expect(answer).toMatch(/content-security-policy: default-src 'self';/i)
    expect(answer).not.toContain('secret')
  })

  it('forbids everything from outside in its policy', async () => {
    const answer = await fetch(`${base}/`, { headers: { cookie } })
    expect(Object.fromEntries([...answer.headers].filter(([name]) => /policy|type|cache/.test(name))))
      .toMatchInlineSnapshot(`
      {
        "cache-control": "no-store",
        "content-security-policy": "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; frame-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
        "content-type": "text/html; charset=utf-8",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
      }
    `)
  })

  it('leaves out the body for HEAD', async () => {
    const answer = await raw('/', { cookie }, 'HEAD')
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*content-length: 40\r\n.*\r\n\r\n$/is)
  })

  it('survives a malformed request', async () => {
    expect(statusOf(await raw('/%', { cookie }))).toBe(403)
    expect(statusOf(await raw('/', { cookie }))).toBe(200)
  })
})

async function open(): Promise<{ socket: WebSocket; client: ContractRouterClient<Contract> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api`, { headers: { cookie, origin: base } })
  await once(socket, 'open')
  // oRPC's type is the browser's WebSocket; that of ws has all that it uses.
  return { socket, client: createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })) }
}

describe('the socket', () => {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }

  test.each<[string, () => Promise<string>, number]>([
    ['no origin', () => raw('/api', { ...upgrade, cookie }), 403],
    ['a foreign origin', () => raw('/api', { ...upgrade, cookie, origin: 'http://evil.example' }), 403],
    ['no cookie', () => raw('/api', { ...upgrade, origin: base }), 401],
    [
      'the token in place of the cookie',
      () => raw(`/api${new URL(server.link).search}`, { ...upgrade, origin: base }),
      401,
    ],
    [
      'a rebound name',
      () => raw('/api', { ...upgrade, cookie, host: 'evil.example', origin: 'http://evil.example' }),
      421,
    ],
    ['another path', () => raw('/other', { ...upgrade, cookie, origin: base }), 404],
  ])('is refused to %s', async (_name, request, expected) => {
    expect(statusOf(await request())).toBe(expected)
  })

  it('carries calls of the contract, and refuses all others', async () => {
    const { socket, client } = await open()
    expect((await client.system.info({})).version).toBe('1.2.3')
    for (const path of [['constructor'], ['system', 'constructor'], ['__proto__', 'info'], ['system', 'none']]) {
      const call = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], client) as (
        input: unknown,
      ) => Promise<unknown>
      await expect(call({})).rejects.toMatchObject({ status: 404 })
    }
    await expect(client.datasets.import({ directory: '/x', name: 'Not a slug' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    socket.close()
  })

  it('closes on a message beyond the limit', async () => {
    const { socket } = await open()
    socket.on('error', () => {})
    socket.send(Buffer.alloc(2 * 1024 * 1024))
    const [code] = await once(socket, 'close')
    expect([1006, 1009]).toContain(code)
  })

  it('holds a stream back while the window does not read, and ends it when the window goes', async () => {
    const { socket, client } = await open()
    const ended = new Promise<void>((resolve) => (produced.end = resolve))
    const stream = await client.datasets.import({ directory: 'x'.repeat(100), name: 'a' })
    await stream.next()
    socket.pause()
    // The stream stands still once the buffers of both ends are full; calls of another window are answered meanwhile.
    const other = await open()
    let seen = -1
    for (let still = 0; still < 5; still = produced.count === seen ? still + 1 : 0) {
      seen = produced.count
      await other.client.system.info({})
    }
    expect(produced.count).toBeLessThan(500)
    other.socket.close()
    socket.terminate()
    await ended
  })
})

test('a port in use is named', async () => {
  const second = await startServer({
    router: tinyRouter,
    port: server.port,
    page: page.page,
    mediaFile: page.mediaFile,
  }).catch((error: StudioError) => error.report())
  expect(second).toEqual({
    code: 'port-in-use',
    message: `Port ${server.port} is in use by another program.`,
    hint: 'Choose another with --port, or --port 0 for any free one.',
  })
})

test('closing says goodbye to the window and frees the port', async () => {
  const own = await startServer({ router: tinyRouter, port: 0, page: page.page, mediaFile: page.mediaFile })
  const entry = await fetch(own.link, { redirect: 'manual' })
  const socket = new WebSocket(`ws://127.0.0.1:${own.port}/api`, {
    headers: { cookie: entry.headers.get('set-cookie')!.split(';')[0]!, origin: `http://127.0.0.1:${own.port}` },
  })
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await own.close()
  expect((await closed)[0]).toBe(1001)
  const again = await startServer({ router: tinyRouter, port: own.port, page: page.page, mediaFile: page.mediaFile })
  await again.close()
})
