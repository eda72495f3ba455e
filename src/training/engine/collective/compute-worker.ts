import { parentPort } from 'node:worker_threads'
import { StudioError } from '#contract/api/errors.ts'
import { openUpdater, type Updater } from '../run/onnx/host-update.ts'
import { loadNative } from '../run/onnx/native/runtime.ts'
import { onHost, openSession, runSession, type Session } from '../run/onnx/runtime.ts'
import type { Order, OrderMessage, OrderResult, ReplyMessage } from './messages.ts'

/** Entry of a compute worker: runs sessions of ONNX Runtime on memory that it shares with the main thread, one order at a time. */
const runtime = await loadNative()
const sessions = new Map<number, Session>()
const updaters = new Map<number, Updater<number[], void>>()
let last: Promise<void> = Promise.resolve()

parentPort?.on('message', (message: OrderMessage) => {
  last = serve(message, last)
})

async function serve(message: OrderMessage, before: Promise<void>): Promise<void> {
  await before
  parentPort?.postMessage(await answer(message), [])
  if (message.order.kind === 'end') parentPort?.close()
}

async function answer({ id, order }: OrderMessage): Promise<ReplyMessage> {
  try {
    return { id, result: await perform(order) }
  } catch (cause) {
    return {
      id,
      error: cause instanceof StudioError ? cause.report() : cause instanceof Error ? cause.message : String(cause),
    }
  }
}

async function perform(order: Order): Promise<OrderResult> {
  switch (order.kind) {
    case 'open':
      sessions.set(
        order.session,
        await openSession(
          runtime,
          order.program,
          { bytes: order.model },
          { device: { kind: 'cpu' }, threads: order.threads, isAsRecorded: order.isAsRecorded },
        ),
      )
      return {}
    case 'run':
      return run(order)
    case 'share':
      updaters.set(order.updater, openUpdater(order.share))
      return {}
    case 'sum':
      return { sums: updaterOf(order.updater).sum(order.terms) }
    case 'update':
      updaterOf(order.updater).update(order.schedule)
      return {}
    case 'release':
      await sessions.get(order.session)?.release()
      sessions.delete(order.session)
      return {}
    case 'end':
      for (const session of sessions.values()) await session.release()
      return {}
  }
}

async function run({ session: number, program, feeds, places }: Extract<Order, { kind: 'run' }>): Promise<OrderResult> {
  const session = sessions.get(number)
  if (session === undefined) throw new Error(`'${program}' is not open.`)
  const results = await runSession(session, program, feeds, places)
  return {
    outputs: Object.fromEntries(
      session.outputNames.flatMap((name) => (places[name] === undefined ? [[name, onHost(results, name)]] : [])),
    ),
  }
}

function updaterOf(number: number): Updater<number[], void> {
  const updater = updaters.get(number)
  if (updater === undefined) throw new Error(`There is no updater ${number}.`)
  return updater
}
