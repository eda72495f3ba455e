import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { RPCHandler as PortHandler } from '@orpc/server/message-port'
import { afterAll, afterEach, expect, test } from 'vitest'
import { watch } from 'vue'
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws'
import type { DatasetEvent } from '#contract/api/contract.ts'
import { protocol } from '#contract/api/protocol.ts'
import { Keys } from '#main/access/keys.ts'
import { Admission } from '#main/shells/browser/admission.ts'
import { createSockets } from '#main/shells/browser/sockets.ts'
import { createStudio, mediaUrl } from '#renderer/api/client.ts'
import { toReport } from '#renderer/api/errors.ts'
import { browserKeyring } from '#renderer/api/keyring.ts'
import { subscribe } from '#renderer/api/subscribe.ts'
import { backOffMs, portTransport, socketTransport } from '#renderer/api/transport.ts'
import type { ConnectionState, Transport } from '#renderer/api/transport.ts'
import { createFakeStudio } from '../support/fake-studio.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

const fake = createFakeStudio({ tickMs: 0 })

const folder = mkdtempSync(join(tmpdir(), 'mvd-connection-'))
afterAll(() => rmSync(folder, { recursive: true }))
const keys = new Keys(folder)

/** The page's storage, for one test. */
class MemoryStorage extends Map<string, string> {
  getItem = (name: string) => this.get(name) ?? null
  setItem = (name: string, value: string) => void this.set(name, value)
}

interface Server {
  port: number
  stop(): Promise<void>
}

/** A studio that admits pages with a link or a key. */
async function serve(port = 0): Promise<Server> {
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  const address = http.address() as AddressInfo
  const origin = `http://127.0.0.1:${address.port}`
  keys.listensAt({ origin, port: address.port })
  const sockets = createSockets(fake.router, new Admission(keys, folder), keys)
  http.on('upgrade', (request, socket, head) =>
    sockets.server.handleUpgrade(request, socket, head, (accepted) =>
      sockets.accept(accepted, { origin, browser: 'Test' }),
    ),
  )
  const stop = async () => {
    for (const socket of sockets.server.clients) socket.terminate()
    await sockets.close()
    await new Promise<void>((resolve) => http.close(() => resolve()))
  }
  undo.push(stop)
  return { port: address.port, stop }
}

/** A page at the address of a server. `link`: with which it was opened. */
function openPage(port: number, storage = new MemoryStorage(), link?: string) {
  const keyring = browserKeyring(storage as unknown as Storage, `http://127.0.0.1:${port}`)
  if (link !== undefined) keyring.take(link)
  const transport = socketTransport(`ws://127.0.0.1:${port}`, { ...keyring, onChange: () => () => undefined })
  undo.push(() => transport.dispose())
  return { transport, storage, studio: createStudio(transport, transport.access) }
}

const reaches = (transport: Transport, wanted: ConnectionState): Promise<void> =>
  new Promise((resolve) => {
    const stop = watch(transport.state, (state) => state === wanted && (stop(), resolve()), { flush: 'sync' })
    if (transport.state.value === wanted) queueMicrotask(() => (stop(), resolve()))
  })

/** Queue of events, each of which can be awaited. */
function inbox<Event>(): { push(event: Event): void; next(): Promise<Event> } {
  const waiting: ((event: Event) => void)[] = []
  const arrived: Event[] = []
  return {
    push: (event) => (waiting.length > 0 ? waiting.shift()?.(event) : arrived.push(event)),
    next: () =>
      arrived.length > 0 ? Promise.resolve(arrived.shift()!) : new Promise((resolve) => waiting.push(resolve)),
  }
}

test('a lost connection rejects calls with a message, reconnects, and streams start again', async () => {
  const first = await serve()
  const { transport, studio } = openPage(first.port, undefined, keys.makeLink())
  const events = inbox<DatasetEvent>()
  undo.push(
    subscribe(studio, {
      open: (signal) => studio.client.datasets.watch({}, { signal }),
      onEvent: (event) => events.push(event),
      onError: (error) => expect.fail(error.message),
    }),
  )

  expect(await events.next()).toMatchObject({ type: 'snapshot', datasets: [{ name: 'shapes' }, { name: 'bed-falls' }] })
  expect((await studio.client.system.info({})).version).toBe('0.1.0')

  const isLost = reaches(transport, 'lost')
  await first.stop()
  await isLost
  const refusal = await studio.client.system.info({}).then(() => expect.fail('answered'), toReport)
  expect(refusal).toMatchInlineSnapshot(`
    {
      "code": "disconnected",
      "hint": "The window reconnects automatically as soon as the studio is open again, and runs continue in the background.",
      "message": "The connection to the studio is lost.",
    }
  `)

  await serve(first.port)
  expect(await events.next()).toMatchObject({ type: 'snapshot' })
  expect(transport.state.value).toBe('open')
})

test('a call in progress fails as disconnected when the connection is lost', async () => {
  const server = await serve()
  const { studio } = openPage(server.port, undefined, keys.makeLink())
  await studio.connected()
  const checking = studio.client.datasets.check({ name: 'shapes' }).then(() => expect.fail('answered'), toReport)
  await server.stop()
  expect((await checking).code).toBe('disconnected')
})

test('a page keeps its key: it opens the studio again without a link, also with a used one', async () => {
  const server = await serve()
  const link = keys.makeLink()
  const { studio, storage, transport } = openPage(server.port, undefined, link)
  await studio.connected()
  const key = transport.access.keyId.value
  expect(keys.list().map(({ id }) => id)).toContain(key)
  for (const used of [undefined, link]) {
    const again = openPage(server.port, storage, used)
    await again.studio.connected()
    expect(again.transport.access.keyId.value).toBe(key)
  }
  // A new link replaces the key.
  const renewed = openPage(server.port, storage, keys.makeLink())
  await renewed.studio.connected()
  expect(keys.list().map(({ id }) => id)).not.toContain(key)
})

test('a page without a key says so, and opens the studio when a link is pasted', async () => {
  const server = await serve()
  const { studio, transport } = openPage(server.port)
  await reaches(transport, 'refused')
  expect(transport.access.refusal.value).toBe('none')
  await expect(studio.client.system.info({})).rejects.toThrow('The connection to the studio is lost.')
  expect(transport.access.enter('http://127.0.0.1:1/#open=' + '0'.repeat(64))).toBe(false)
  expect(transport.access.enter(`http://127.0.0.1:${server.port}/#open=${'0'.repeat(64)}`)).toBe(true)
  await reaches(transport, 'refused')
  expect(transport.access.refusal.value).toBe('link')
  expect(transport.access.enter(` ${keys.makeLink()} `)).toBe(true)
  await studio.connected()
  expect((await studio.client.system.info({})).version).toBe('0.1.0')
})

test('a server that accepts the connection and says nothing is given up, and tried again', async () => {
  const silent = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  undo.push(() => silent.close())
  await new Promise((resolve) => silent.once('listening', resolve))
  const { port } = silent.address() as AddressInfo
  const keyring = browserKeyring(new MemoryStorage() as unknown as Storage, `http://127.0.0.1:${port}`)
  const transport = socketTransport(`ws://127.0.0.1:${port}`, { ...keyring, onChange: () => () => undefined }, 50)
  undo.push(() => transport.dispose())
  await reaches(transport, 'lost')
  expect(transport.access.nextAttemptAt.value).not.toBeNull()
})

test('a page whose key is revoked is told so', async () => {
  const server = await serve()
  const { studio, transport } = openPage(server.port, undefined, keys.makeLink())
  await studio.connected()
  await studio.client.system.info({})
  keys.revoke([transport.access.keyId.value!])
  await reaches(transport, 'refused')
  expect(transport.access.refusal.value).toBe('key')
})

test('another program at the address of the studio learns nothing that opens it', async () => {
  const server = await serve()
  const { studio, transport, storage } = openPage(server.port, undefined, keys.makeLink())
  await studio.connected()
  const isLost = reaches(transport, 'lost')
  await server.stop()
  await isLost

  const heard: string[] = []
  const impostor = new WebSocketServer({ host: '127.0.0.1', port: server.port })
  undo.push(() => impostor.close())
  const [secret] = storage.values()
  const workspace = [...storage.keys()][0]!.split(':').at(-1)!
  impostor.on('connection', (socket: ServerSocket) => {
    socket.on('message', (data) => {
      heard.push((data as Buffer).toString('utf8'))
      socket.send(JSON.stringify({ proof: '0'.repeat(64), mediaPass: '0.0' }))
    })
    socket.send(JSON.stringify({ challenge: '1'.repeat(64), workspace }))
  })
  await new Promise<void>((resolve) => {
    const stop = watch(transport.access.isForeign, (is) => is && (stop(), resolve()), { flush: 'sync' })
  })
  expect(heard).toHaveLength(1)
  expect(heard[0]).not.toContain(secret)
  expect(transport.state.value).toBe('lost')
  await new Promise<void>((resolve) => impostor.close(() => resolve()))

  // What it received opens nothing, and the page connects to the studio itself.
  await serve(server.port)
  transport.access.retry()
  await studio.connected()
  expect(transport.access.isForeign.value).toBe(false)
  const replay = new WebSocket(`ws://127.0.0.1:${server.port}`)
  const answers = inbox<string>()
  replay.addEventListener('message', ({ data }) => answers.push(String(data)))
  await answers.next()
  replay.send(heard[0]!)
  expect(await answers.next()).toBe('{"refused":"key"}')
})

test('a stream that the studio rejects is reported once and not opened again', async () => {
  const server = await serve()
  const { studio } = openPage(server.port, undefined, keys.makeLink())
  let opened = 0
  const error = await new Promise((resolve) => {
    undo.push(
      subscribe(studio, {
        open: (signal) => (
          opened++,
          studio.client.datasets.import({ directory: '/data/empty', name: 'x' }, { signal })
        ),
        onEvent: () => expect.fail('no event'),
        onError: resolve,
      }),
    )
  })
  expect(error).toEqual({
    code: 'dataset-empty',
    message: '/data/empty holds no videos.',
    hint: 'Choose a folder with one folder per class.',
  })
  expect(opened).toBe(1)
})

test('the desktop shell uses the port of the preload script and no other', async () => {
  const asked: unknown[] = []
  const page = Object.assign(new EventTarget(), {
    location: { origin: protocol.appOrigin },
    postMessage: (...words: unknown[]) => asked.push(words),
  }) as unknown as Window
  const transport = portTransport(page)
  undo.push(() => transport.dispose())
  expect(asked).toEqual([[protocol.portRequest, protocol.appOrigin]])
  const studio = createStudio(transport)
  const hand = (data: string, source: unknown, ports: unknown[]) =>
    page.dispatchEvent(Object.assign(new Event('message'), { data, source, ports }))

  hand('something else', page, [])
  hand(protocol.portMessage, {}, [{}])
  expect(transport.state.value).toBe('connecting')

  const { port1, port2 } = new MessageChannel()
  undo.push(() => port1.close())
  new PortHandler(fake.router).upgrade(port1 as unknown as MessagePort)
  port1.start()
  hand(protocol.portMessage, page, [port2])
  expect(transport.state.value).toBe('open')
  expect(await studio.client.datasets.list({})).toHaveLength(2)
})

test('delays between attempts double up to ten seconds', () =>
  expect([0, 1, 2, 5, 6, 30].map(backOffMs)).toEqual([250, 500, 1000, 8000, 10_000, 10_000]))

test('media URLs escape special characters', () =>
  expect(mediaUrl('runs', 'a-distill', 'media/step 1#.webp')).toBe('/media/runs/a-distill/media/step%201%23.webp'))
