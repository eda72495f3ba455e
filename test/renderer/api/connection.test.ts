import type { AddressInfo } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { RPCHandler as PortHandler } from '@orpc/server/message-port'
import { RPCHandler } from '@orpc/server/ws'
import { afterEach, expect, test } from 'vitest'
import { watch } from 'vue'
import { WebSocketServer } from 'ws'
import type { DatasetEvent } from '#contract/api/contract.ts'
import { protocol } from '#contract/api/protocol.ts'
import { createStudio, mediaUrl } from '#renderer/api/client.ts'
import { toReport } from '#renderer/api/errors.ts'
import { subscribe } from '#renderer/api/subscribe.ts'
import { backOffMs, portTransport, socketTransport } from '#renderer/api/transport.ts'
import type { ConnectionState, Transport } from '#renderer/api/transport.ts'
import { createFakeStudio } from '../support/fake-studio.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

const fake = createFakeStudio({ tickMs: 0 })

interface Server {
  port: number
  stop(): Promise<void>
}

async function serve(port = 0): Promise<Server> {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port })
  const handler = new RPCHandler(fake.router)
  sockets.on('connection', (socket) => void handler.upgrade(socket))
  await new Promise((resolve) => sockets.once('listening', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close(() => resolve())
    })
  undo.push(stop)
  return { port: (sockets.address() as AddressInfo).port, stop }
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
  const transport = socketTransport(`ws://127.0.0.1:${first.port}`)
  undo.push(() => transport.dispose())
  const studio = createStudio(transport)
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
      "hint": "The window reconnects automatically, and runs continue in the background. If it does not reconnect, restart the studio and open its new link.",
      "message": "The connection to the studio is lost.",
    }
  `)

  await serve(first.port)
  expect(await events.next()).toMatchObject({ type: 'snapshot' })
  expect(transport.state.value).toBe('open')
})

test('a call in progress fails as disconnected when the connection is lost', async () => {
  const server = await serve()
  const transport = socketTransport(`ws://127.0.0.1:${server.port}`)
  undo.push(() => transport.dispose())
  const studio = createStudio(transport)
  await studio.connected()
  const checking = studio.client.datasets.check({ name: 'shapes' }).then(() => expect.fail('answered'), toReport)
  await server.stop()
  expect((await checking).code).toBe('disconnected')
})

test('a stream that the studio rejects is reported once and not opened again', async () => {
  const server = await serve()
  const transport = socketTransport(`ws://127.0.0.1:${server.port}`)
  undo.push(() => transport.dispose())
  const studio = createStudio(transport)
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
