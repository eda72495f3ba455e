import { parentPort } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'
import { StudioError } from '#contract/errors.ts'
import { collectYoung } from '../garbage.ts'
import { fromOnnx, toOnnx } from '../onnx/host.ts'
import { openUpdater, type Updater } from '../onnx/host-update.ts'
import { asRecorded, cpuOptions, loadRuntime, openSession, runSession } from '../onnx/runtime.ts'
import type { Order, OrderMessage, OrderResult, ReplyMessage } from './messages.ts'

/** Entry of a compute worker: runs sessions of ONNX Runtime on memory that it shares with the main thread, one order at a time. */
const runtime = await loadRuntime()
const sessions = new Map<number, InferenceSession>()
const updaters = new Map<number, Updater<number[], void>>()
let last: Promise<void> = Promise.resolve()

parentPort?.on('message', (message: OrderMessage) => {
  last = serve(message, last)
})

async function serve(message: OrderMessage, before: Promise<void>): Promise<void> {
  await before
  parentPort?.postMessage(await answer(message), [])
  if (message.order.kind === 'run') collectYoung()
  if (message.order.kind === 'end') parentPort?.close()
}

async function answer({ id, order }: OrderMessage): Promise<ReplyMessage> {
  try {
    return { id, result: await perform(order) }
  } catch (cause) {
    return { id, error: cause instanceof StudioError ? cause.report() : cause instanceof Error ? cause.message : String(cause) }
  }
}

async function perform(order: Order): Promise<OrderResult> {
  switch (order.kind) {
    case 'open':
      sessions.set(order.session, await openSession(runtime, order.program, { bytes: order.model }, order.isAsRecorded ? asRecorded(cpuOptions(order.threads)) : cpuOptions(order.threads)))
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

async function run({ session: number, program, feeds, fetches }: Extract<Order, { kind: 'run' }>): Promise<OrderResult> {
  const session = sessions.get(number)
  if (session === undefined) throw new Error(`'${program}' is not open.`)
  const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOnnx(runtime, tensor)]))
  const wanted = session.outputNames.map((name) => [name, fetches[name] === undefined ? null : toOnnx(runtime, fetches[name])] as const)
  const results = await runSession(session, program, given, Object.fromEntries(wanted))
  return { outputs: Object.fromEntries(Object.entries(results).flatMap(([name, tensor]) => (fetches[name] === undefined ? [[name, fromOnnx(tensor)]] : []))) }
}

function updaterOf(number: number): Updater<number[], void> {
  const updater = updaters.get(number)
  if (updater === undefined) throw new Error(`There is no updater ${number}.`)
  return updater
}
