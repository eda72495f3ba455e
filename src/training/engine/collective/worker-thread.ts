import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { StudioError } from '#contract/api/errors.ts'
import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { OnnxModel } from '../record/graph/encode-onnx.ts'
import type { UpdateShare, Updater } from '../run/onnx/host-update.ts'
import type { Order, OrderMessage, OrderResult, ReplyMessage } from './messages.ts'

interface Pending {
  readonly resolve: (result: OrderResult) => void
  readonly reject: (error: Error) => void
}

/** A session of ONNX Runtime in a worker. */
export interface MemberSession {
  run(feeds: NamedHostTensors, places: NamedHostTensors): Promise<NamedHostTensors>
  release(): Promise<void>
}

/** One worker of a parallel engine, as the main thread sees it. Orders are done in the order in which they are given. */
export class Member {
  readonly #worker: Worker
  readonly #threads: number
  readonly #pending = new Map<number, Pending>()
  #nextId = 0
  #end: Error | undefined

  /** Starts the worker, the program at `entry`; each of its sessions computes on `threads` threads. */
  constructor(threads: number, entry: URL = new URL('./compute-worker.ts', import.meta.url)) {
    this.#threads = threads
    this.#worker = new Worker(entry)
    this.#worker.on('message', (reply: ReplyMessage) => this.#settle(reply))
    this.#worker.on('error', (cause) => this.#fail(cause))
    this.#worker.on('exit', () => this.#fail(undefined))
    // Waiting orders keep the process alive, an idle worker does not.
    this.#worker.unref()
  }

  /** Opens a session on a model, which is executed as it is written where `isAsRecorded` says so. */
  async open(program: string, { bytes }: Pick<OnnxModel, 'bytes'>, isAsRecorded: boolean): Promise<MemberSession> {
    const session = this.#nextId
    const model = new Uint8Array(bytes)
    await this.#order({ kind: 'open', session, program, model, threads: this.#threads, isAsRecorded }, [model.buffer])
    return {
      run: async (feeds, places) => (await this.#order({ kind: 'run', session, program, feeds, places })).outputs ?? {},
      release: async () => void (await this.#order({ kind: 'release', session })),
    }
  }

  /** Prepares the worker for updates of a share of the parameters. */
  async share(share: UpdateShare): Promise<Updater<Promise<number[]>, Promise<void>>> {
    const updater = this.#nextId
    await this.#order({ kind: 'share', updater, share })
    return {
      sum: async (terms) => [...((await this.#order({ kind: 'sum', updater, terms })).sums ?? [])],
      update: async (schedule) => void (await this.#order({ kind: 'update', updater, schedule })),
    }
  }

  /** Ends the worker once it has done its orders. To terminate it amidst one would take the whole process with it. */
  async dispose(): Promise<void> {
    if (this.#end !== undefined) return
    const ended = once(this.#worker, 'exit')
    await this.#order({ kind: 'end' })
    this.#worker.ref()
    await ended
  }

  #order(order: Order, handedOver: ArrayBuffer[] = []): Promise<OrderResult> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    const message: OrderMessage = { id: this.#nextId++, order }
    const { promise, resolve, reject } = Promise.withResolvers<OrderResult>()
    this.#pending.set(message.id, { resolve, reject })
    this.#worker.ref()
    this.#worker.postMessage(message, handedOver)
    return promise
  }

  #settle(reply: ReplyMessage): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if (this.#pending.size === 0) this.#worker.unref()
    if ('result' in reply) pending?.resolve(reply.result)
    else
      pending?.reject(
        typeof reply.error === 'string'
          ? new Error(reply.error)
          : new StudioError(reply.error.code, reply.error.message, reply.error.hint),
      )
  }

  #fail(cause: unknown): void {
    const reason = cause instanceof Error ? `: ${cause.message}` : '.'
    this.#end ??= new StudioError(
      'internal',
      `A worker that computes a part of the batch has ended${reason}`,
      'Resume the run from its last checkpoint; set general.workers to 1 if it happens again.',
      { cause },
    )
    for (const { reject } of this.#pending.values()) reject(this.#end)
    this.#pending.clear()
  }
}
