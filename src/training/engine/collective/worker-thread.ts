import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { StudioError } from '#contract/api/errors.ts'
import type { OnnxModel } from '../record/graph/encode-onnx.ts'
import { allOnHost } from '../run/onnx/runtime.ts'
import { disableTelemetry } from '../run/onnx/telemetry.ts'
import type { RankSession, Reduction } from './collective.ts'
import type { Reply, ReplyMessage, Request, RequestMessage, WorkerDevice } from './messages.ts'
import type { UpdateShare } from './share-update.ts'
import { sharedBytes } from './shared-memory.ts'

interface Pending {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

/** The main thread's side of a compute worker. Requests are served in the order of the calls. */
export class WorkerThread {
  readonly #worker: Worker
  readonly #device: WorkerDevice
  readonly #pending = new Map<number, Pending>()
  #nextId = 0
  #started: Promise<Reply> | undefined
  #end: Error | undefined

  /**
   * Starts a thread. It loads ONNX Runtime with `start`, or when it opens its first graph.
   * @param entry its program
   */
  constructor(device: WorkerDevice, entry: URL = new URL('./compute-worker.ts', import.meta.url)) {
    this.#device = device
    disableTelemetry()
    this.#worker = new Worker(entry)
    this.#worker.on('message', (reply: ReplyMessage) => this.#settle(reply))
    this.#worker.on('error', (cause) => this.#fail(cause))
    this.#worker.on('exit', () => this.#fail(undefined))
    // Pending requests keep the process alive, an idle worker does not.
    this.#worker.unref()
  }

  /** Loads ONNX Runtime and tries the device. @throws Error with the reason if it does not work */
  async start(): Promise<void> {
    this.#started ??= this.#send({ kind: 'start', ...this.#device })
    await this.#started
  }

  /** Opens a graph in the worker. `isAsRecorded`: see `SessionOptions`. Several workers can share its bytes; see `sharedBytes`. */
  async open(program: string, { bytes }: Pick<OnnxModel, 'bytes'>, isAsRecorded: boolean): Promise<RankSession> {
    await this.start()
    const session = this.#nextId
    await this.#send({ kind: 'open', session, program, model: sharedBytes(bytes), isAsRecorded })
    return {
      run: async (feeds, outputs) =>
        (await this.#send({ kind: 'run', session, program, feeds: allOnHost(feeds), outputs })).outputs ?? {},
      release: async () => void (await this.#send({ kind: 'release', session })),
    }
  }

  /** Prepares the worker to reduce and update a share of the parameters. */
  async prepareUpdates(share: UpdateShare): Promise<Reduction> {
    const updater = this.#nextId
    await this.#send({ kind: 'prepare-updates', updater, share })
    return {
      allReduce: async (terms) => (await this.#send({ kind: 'reduce', updater, terms })).squares ?? [],
      update: async (schedule) => void (await this.#send({ kind: 'update', updater, schedule })),
    }
  }

  /** Ends the worker after its pending requests. Terminating it during one would crash the process. */
  async dispose(): Promise<void> {
    if (this.#end !== undefined) return
    const ended = once(this.#worker, 'exit')
    await this.#send({ kind: 'end' })
    this.#worker.ref()
    await ended
  }

  #send(request: Request): Promise<Reply> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    const message: RequestMessage = { id: this.#nextId++, request }
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    this.#pending.set(message.id, { resolve, reject })
    this.#worker.ref()
    this.#worker.postMessage(message, [])
    return promise
  }

  #settle(message: ReplyMessage): void {
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if (this.#pending.size === 0) this.#worker.unref()
    if ('reply' in message) pending?.resolve(message.reply)
    else
      pending?.reject(
        typeof message.error === 'string'
          ? new Error(message.error)
          : new StudioError(message.error.code, message.error.message, message.error.hint),
      )
  }

  #fail(cause: unknown): void {
    const reason = cause instanceof Error ? `: ${cause.message}` : '.'
    this.#end ??= new StudioError(
      'internal',
      `A compute worker has ended${reason}`,
      `Resume the run from its last checkpoint. If it happens again, launch a new pipeline with general.${this.#device.device.kind === 'cuda' ? 'cards' : 'workers'}=1.`,
      { cause },
    )
    for (const { reject } of this.#pending.values()) reject(this.#end)
    this.#pending.clear()
  }
}
