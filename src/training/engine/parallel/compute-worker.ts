import { parentPort } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'
import { StudioError } from '#contract/errors.ts'
import type { NamedHostTensors } from '../engine.ts'
import { fromOnnx, toOnnx } from '../onnx/host.ts'
import { cpuOptions, loadRuntime, openSession, runSession } from '../onnx/runtime.ts'
import type { Order, OrderMessage, ReplyMessage } from './messages.ts'

/** Entry of a compute worker: runs sessions of ONNX Runtime on memory that it shares with the main thread, one order at a time. */
const runtime = await loadRuntime()
const sessions = new Map<number, InferenceSession>()
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
    return { id, outputs: await perform(order) }
  } catch (cause) {
    return { id, error: cause instanceof StudioError ? cause.report() : cause instanceof Error ? cause.message : String(cause) }
  }
}

async function perform(order: Order): Promise<NamedHostTensors> {
  switch (order.kind) {
    case 'open':
      sessions.set(order.session, await openSession(runtime, order.program, { bytes: order.model }, cpuOptions(order.threads)))
      return {}
    case 'run':
      return run(order)
    case 'release':
      await sessions.get(order.session)?.release()
      sessions.delete(order.session)
      return {}
    case 'end':
      for (const session of sessions.values()) await session.release()
      return {}
  }
}

async function run({ session: number, program, feeds, fetches }: Extract<Order, { kind: 'run' }>): Promise<NamedHostTensors> {
  const session = sessions.get(number)
  if (session === undefined) throw new Error(`'${program}' is not open.`)
  const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOnnx(runtime, tensor)]))
  const wanted = session.outputNames.map((name) => [name, fetches[name] === undefined ? null : toOnnx(runtime, fetches[name])] as const)
  const results = await runSession(session, program, given, Object.fromEntries(wanted))
  return Object.fromEntries(Object.entries(results).flatMap(([name, tensor]) => (fetches[name] === undefined ? [[name, fromOnnx(tensor)]] : [])))
}
