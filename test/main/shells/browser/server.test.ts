import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Contract } from '#contract/api/contract.ts'
import type { StudioError } from '#contract/api/errors.ts'
import { idOf, proofOfPage, verifierOf } from '#contract/api/handshake.ts'
import { Keys } from '#main/access/keys.ts'
import { startServer, type StudioServer } from '#main/shells/browser/server.ts'
import { enterByKey, enterByLink } from '../../../support/admitted-socket.ts'
import { makePage, produced, tinyRouter } from './tiny-studio.ts'

let page: Awaited<ReturnType<typeof makePage>>
let server: StudioServer
let base: string
let pass: string
let key: string
let keys: Keys

beforeAll(async () => {
  page = await makePage()
  keys = new Keys(join(page.root, 'access'))
  server = await start()
  base = server.origin
  const admitted = await enterByLink(server.link)
  ;({ mediaPass: pass, key } = admitted)
  admitted.socket.close()
})
afterAll(async () => {
  await server.close()
  await page.remove()
})

const start = (port = 0): Promise<StudioServer> =>
  startServer({ router: tinyRouter, keys, workspace: page.root, port, page: page.page, mediaFile: page.mediaFile })

/** Sends a request as it stands, so that no client tidies its path or its headers. Resolves with the whole answer. */
async function raw(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<string> {
  const lines = Object.entries({ host: `127.0.0.1:${server.port}`, connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return send(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

/** Sends bytes and resolves with everything that comes back until the server closes the connection, or with the first of it. */
async function send(request: string | Buffer, isFirst = false): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text
    if (isFirst) socket.destroy()
  })
  // A server that refuses a request closes before it has read all of it.
  socket.on('error', () => {})
  socket.write(request)
  await once(socket, 'close')
  return answer
}
const statusOf = (answer: string) => Number(answer.split(' ')[1])

describe('over a real socket', () => {
  it('prints a link whose secret is never sent', async () => {
    expect(server.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#open=[0-9a-f]{64}$/)
    const opened = await fetch(server.link)
    expect([opened.status, opened.headers.get('set-cookie'), await opened.text()]).toEqual([
      200,
      null,
      '<!doctype html><title>MVD Studio</title>',
    ])
  })

  test.each<[string, () => Promise<string>, number]>([
    ['media without a pass', () => raw('/media/datasets/falls/clip.webp'), 401],
    ['media with a wrong pass', () => raw(`/media/${'0'.repeat(32)}.${'0'.repeat(32)}/datasets/falls/clip.webp`), 401],
    ['media with half a pass', () => raw(`/media/${pass.slice(0, 40)}/datasets/falls/clip.webp`), 401],
    ['media with the pass of another key', () => raw(`/media/0${pass.slice(1)}/datasets/falls/clip.webp`), 401],
    ['media', () => raw(`/media/${pass}/datasets/falls/clip.webp?v=2`), 200],
    ['media that are gone', () => raw(`/media/${pass}/datasets/falls/gone.webp`), 404],
    ['a path outside the media', () => raw(`/media/${pass}/%2e%2e/secret.txt`), 403],
    ['a foreign origin', () => raw('/', { origin: 'https://evil.example' }), 403],
    ['a POST without origin', () => raw('/', {}, 'POST'), 403],
    ['a POST from its own page', () => raw('/', { origin: base }, 'POST'), 405],
    ['a rebound name', () => raw('/', { host: `evil.example:${server.port}` }), 421],
    ['two hosts', () => raw('/', { Host: 'evil.example' }), 400],
    ['a path outside the build', () => raw('/../secret.txt'), 403],
    ['an encoded path outside the build', () => raw('/%2e%2e%2fsecret.txt'), 403],
    ['a path to another server', () => raw('/\\evil.example/?token=1'), 400],
    ['a name that no file can have', () => raw(`/assets/${'a'.repeat(5000)}.js`), 400],
    ['a name of letters of several bytes that no file can have', () => raw(`/${'%C3%A4'.repeat(200)}.js`), 400],
    ['a media path that is too long', () => raw(`/media/${pass}/runs/a/media/${'a'.repeat(5000)}`), 400],
    ['a zero byte', () => raw('/%00.js'), 400],
    ['a path that cannot be decoded', () => raw('/%'), 400],
    ['a missing script', () => raw('/assets/gone.js'), 404],
    ['an address inside the window', () => raw('/runs/a-1'), 200],
  ])('%s', async (_name, request, expected) => {
    const answer = await request()
    expect(statusOf(answer)).toBe(expected)
    expect(answer).toMatch(/content-security-policy: default-src 'self';/i)
    expect(answer).not.toContain('secret')
  })

  it('forbids everything from outside in its policy', async () => {
    const answer = await fetch(`${base}/`)
    expect(Object.fromEntries([...answer.headers].filter(([name]) => /policy|type|cache/.test(name))))
      .toMatchInlineSnapshot(`
      {
        "cache-control": "no-store",
        "content-security-policy": "default-src 'self'; script-src 'self'; style-src 'self' 'sha256-1X47E3T13/CtdVSigDhKMtTqwtJl37ataKsCBmA0hQQ='; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; frame-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
        "content-type": "text/html; charset=utf-8",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
      }
    `)
  })

  it('leaves out the body for HEAD', async () => {
    const answer = await raw('/', {}, 'HEAD')
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*content-length: 40\r\n.*\r\n\r\n$/is)
  })

  it('answers 1,000 damaged requests without an error of its own', async () => {
    const random = seeded(7)
    const whole = `GET /media/${pass}/datasets/falls/clip.webp?v=1 HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\norigin: ${base}\r\nupgrade: websocket\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`
    const pieces = [
      '%',
      '%2e',
      '../',
      '\\',
      '//',
      '\0',
      '\r\n',
      ':',
      ' ',
      '?',
      '#',
      'é',
      'host: a\r\n',
      'a'.repeat(9000),
    ]
    const statuses = new Map<number, number>()
    for (let trial = 0; trial < 1000; trial++) {
      const bytes = Buffer.from(whole)
      let text = bytes.toString('latin1')
      for (let change = 0; change <= random(3); change++) {
        const at = random(text.length)
        text = text.slice(0, at) + (pieces[random(pieces.length)] ?? '') + text.slice(at + random(4))
      }
      const status = statusOf(await send(Buffer.from(`${text}\r\n\r\n`, 'latin1'), true))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect([...statuses.keys()].filter((status) => status >= 500 && status !== 503)).toEqual([])
    expect(statuses.get(400)).toBeGreaterThan(100)
    expect(statusOf(await raw('/'))).toBe(200)
  })
})

/** Whole numbers below a limit, the same for the same seed. */
function seeded(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

async function open(): Promise<{ socket: WebSocket; client: ContractRouterClient<Contract> }> {
  const { socket } = await enterByKey(base, key)
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
    ['no origin', () => raw('/api', upgrade), 403],
    ['a foreign origin', () => raw('/api', { ...upgrade, origin: 'http://evil.example' }), 403],
    ['a rebound name', () => raw('/api', { ...upgrade, host: 'evil.example', origin: 'http://evil.example' }), 421],
    ['another path', () => raw('/other', { ...upgrade, origin: base }), 404],
  ])('is refused to %s', async (_name, request, expected) => {
    expect(statusOf(await request())).toBe(expected)
  })

  it('opens with a link once, and then with the key that the link registered', async () => {
    const link = keys.makeLink()
    const first = await enterByLink(link)
    await expect(enterByLink(link)).rejects.toThrow('refused: link')
    const again = await enterByKey(base, first.key)
    expect(again.mediaPass).toBe(first.mediaPass)
    expect(keys.list()[0]).toMatchObject({ browser: 'A browser', origin: base })
    first.socket.close()
    again.socket.close()
  })

  it('refuses a link and a key that it does not know', async () => {
    await expect(enterByLink(`${base}/#open=${'0'.repeat(64)}`)).rejects.toThrow('refused: link')
    await expect(enterByKey(base, '0'.repeat(64))).rejects.toThrow('refused: key')
  })

  it('refuses a proof that was made for another address', async () => {
    await expect(enterByLink(keys.makeLink(), 'http://127.0.0.1:1')).rejects.toThrow('403')
    // A program at another port can send any origin, but the page proves its key for the address that it is at.
    const socket = new WebSocket(`${base.replace('http', 'ws')}/api`, { headers: { origin: base } })
    const { challenge } = JSON.parse(String((await once(socket, 'message'))[0])) as { challenge: string }
    const transcript = { origin: 'http://127.0.0.1:1', challenge, nonce: '1'.repeat(64), newVerifier: undefined }
    const proof = proofOfPage(key, transcript)
    const id = idOf(verifierOf(key))
    socket.send(JSON.stringify({ secret: 'key', id, nonce: transcript.nonce, proof }))
    expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({ refused: 'key' })
  })

  test.each(['', '{}', 'null', '[]', '{"secret":"key"}', 'x'.repeat(5000), JSON.stringify({ json: {} })])(
    'closes on the opening %.20s',
    async (message) => {
      const socket = new WebSocket(`${base.replace('http', 'ws')}/api`, { headers: { origin: base } })
      await once(socket, 'message')
      socket.send(message)
      expect((await once(socket, 'close'))[0]).toBe(1002)
    },
  )

  it('makes no call before the page is admitted', async () => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/api`, { headers: { origin: base } })
    await once(socket, 'message')
    const client: ContractRouterClient<Contract> = createORPCClient(
      new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }),
    )
    await expect(client.system.info({})).rejects.toBeInstanceOf(Error)
  })

  it('disconnects a page whose key is revoked by another process, and refuses its media', async () => {
    const admitted = await enterByLink(keys.makeLink())
    const media = `/media/${admitted.mediaPass}/datasets/falls/clip.webp`
    expect(statusOf(await raw(media))).toBe(200)
    const closed = once(admitted.socket, 'close')
    new Keys(join(page.root, 'access')).revoke([idOf(verifierOf(admitted.key))])
    expect((await closed)[0]).toBe(4401)
    expect(statusOf(await raw(media))).toBe(401)
    await expect(enterByKey(base, admitted.key)).rejects.toThrow('refused: key')
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
  const second = await start(server.port).catch((error: StudioError) => error.report())
  expect(second).toEqual({
    code: 'port-in-use',
    message: `Port ${server.port} is in use by another program.`,
    hint: 'Choose another with --port, or --port 0 for any free one.',
  })
})

test('closing says goodbye to the window, and a restart at the same port accepts its key', async () => {
  const folder = join(page.root, 'other')
  const own = await startServer({
    router: tinyRouter,
    keys: new Keys(folder),
    workspace: folder,
    port: 0,
    page: page.page,
    mediaFile: page.mediaFile,
  })
  const admitted = await enterByLink(own.link)
  const closed = once(admitted.socket, 'close')
  await own.close()
  expect((await closed)[0]).toBe(1001)
  const again = await startServer({
    router: tinyRouter,
    keys: new Keys(folder),
    workspace: folder,
    port: own.port,
    page: page.page,
    mediaFile: page.mediaFile,
  })
  const returned = await enterByKey(again.origin, admitted.key)
  expect(returned.mediaPass).not.toBe(admitted.mediaPass)
  await again.close()
})
