import { parentPort } from 'node:worker_threads'
import { StudioError } from '#contract/api/errors.ts'
import { loadNative } from '../run/onnx/native/runtime.ts'
import { onHost, openSession, runSession, type Session } from '../run/onnx/runtime.ts'
import type { Reply, ReplyMessage, Request, RequestMessage } from './messages.ts'
import { ShareUpdater } from './share-update.ts'

/** Entry of a compute worker: runs sessions of ONNX Runtime on memory shared with the main thread, one request at a time. */
const runtime = await loadNative()
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
      error: cause instanceof StudioError ? cause.report() : cause instanceof Error ? cause.message : String(cause),
    }
  }
}

async function perform(request: Request): Promise<Reply> {
  switch (request.kind) {
    case 'open':
      sessions.set(
        request.session,
        await openSession(
          runtime,
          request.program,
          { bytes: request.model },
          { device: { kind: 'cpu' }, threads: request.threads, isAsRecorded: request.isAsRecorded },
        ),
      )
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
      return {}
  }
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
