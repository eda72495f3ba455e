import { parentPort } from 'node:worker_threads'
import { explanationOf } from '#contract/api/errors.ts'
import { loadNative } from '../run/onnx/native/runtime.ts'
import type { Provider } from '../run/onnx/providers.ts'
import { onHost, openSession, runSession, type Session } from '../run/onnx/runtime.ts'
import type { Reply, ReplyMessage, Request, RequestMessage, WorkerDevice } from './messages.ts'
import { ShareUpdater } from './share-update.ts'

type OpenDevice = Pick<Provider, 'runtime' | 'sessionOptions' | 'dispose'>

/** Entry of a compute worker: runs sessions of ONNX Runtime on memory shared with the main thread, one request at a time. */
let opened: OpenDevice | undefined
const sessions = new Map<number, Session>()
const updaters = new Map<number, ShareUpdater>()
let last: Promise<void> = Promise.resolve()

parentPort?.on('message', (message: RequestMessage) => {
  last = serve(message, last)
})

async function serve(message: RequestMessage, before: Promise<void>): Promise<void> {
  await before
  parentPort?.postMessage(await answer(message), [])
  if (message.request.kind === 'end') parentPort?.close()
}

async function answer({ id, request }: RequestMessage): Promise<ReplyMessage> {
  try {
    return { id, reply: await perform(request) }
  } catch (cause) {
    return {
      id,
      error: explanationOf(cause)?.report() ?? (cause instanceof Error ? cause.message : String(cause)),
    }
  }
}

async function perform(request: Request): Promise<Reply> {
  switch (request.kind) {
    case 'start':
      opened = await openDevice(request)
      return {}
    case 'open':
      sessions.set(request.session, await open(request))
      return {}
    case 'run':
      return run(request)
    case 'prepare-updates':
      updaters.set(request.updater, new ShareUpdater(request.share))
      return {}
    case 'reduce':
      return { squares: updaterOf(request.updater).reduce(request.terms) }
    case 'update':
      updaterOf(request.updater).update(request.schedule)
      return {}
    case 'release':
      await sessions.get(request.session)?.release()
      sessions.delete(request.session)
      return {}
    case 'end':
      for (const session of sessions.values()) await session.release()
      await opened?.dispose()
      return {}
  }
}

/** The provider of CUDA is loaded on demand: it records a graph to try the card. */
async function openDevice({ device, threads }: WorkerDevice): Promise<OpenDevice> {
  if (device.kind === 'cuda') {
    const { loadCuda } = await import('../run/onnx/providers/cuda.ts')
    return loadCuda(threads, device.number, device.tf32)
  }
  return { runtime: await loadNative(), sessionOptions: { device, threads }, dispose: () => Promise.resolve() }
}

function open({ program, model, isAsRecorded }: Extract<Request, { kind: 'open' }>): Promise<Session> {
  if (opened === undefined) throw new Error('The worker has no device.')
  return openSession(opened.runtime, program, { bytes: model }, { ...opened.sessionOptions, isAsRecorded })
}

async function run({ session: id, program, feeds, outputs }: Extract<Request, { kind: 'run' }>): Promise<Reply> {
  const session = sessions.get(id)
  if (session === undefined) throw new Error(`'${program}' is not open.`)
  const results = await runSession(session, program, feeds, outputs)
  return {
    outputs: Object.fromEntries(
      session.outputNames.flatMap((name) => (outputs[name] === undefined ? [[name, onHost(results, name)]] : [])),
    ),
  }
}

function updaterOf(id: number): ShareUpdater {
  const updater = updaters.get(id)
  if (updater === undefined) throw new Error(`There is no updater ${id}.`)
  return updater
}
