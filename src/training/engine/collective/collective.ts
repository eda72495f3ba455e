import type { UpdateSchedule } from '../../optimizer/adamw-kernel/numbers.ts'
import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { OnnxModel } from '../record/graph/encode-onnx.ts'
import { openSession, runSession, type NamedOnnx, type Runtime, type SessionOptions } from '../run/onnx/runtime.ts'
import { ShareUpdater, type UpdateShare } from './share-update.ts'

/**
 * The ranks that compute a training step together: gradients → all-reduce → update. Every rank computes the gradients of its shard of the
 * batch, `allReduce` sums them, and each rank updates its share of the parameters, which all ranks read.
 *
 * Ranks are one thread (`localCollective`) or several threads of this process (`threadCollective`), which share memory, each on a share of the
 * processor or on a graphics card. Ranks in other processes or on other machines implement the same interface: `broadcast` sends tensors to
 * them, `allReduce` also sums over the network.
 */
export interface Collective {
  /** Number of ranks. */
  readonly size: number
  /** Returns the tensors in memory that every rank reads. */
  broadcast(tensors: NamedHostTensors): NamedHostTensors
  /** Opens a graph on every rank, to be executed as recorded. @returns sessions in rank order */
  open(program: string, model: Pick<OnnxModel, 'bytes'>): Promise<readonly RankSession[]>
  /** Prepares every rank for its share of the parameters. `shares` are in rank order. */
  prepareUpdates(shares: readonly UpdateShare[]): Promise<Reduction>
}

/** A graph that is open on one rank. */
export interface RankSession {
  /** Computes all outputs. `outputs` are tensors in which the graph's outputs of the same names are written; see `Session.run`. */
  run(feeds: NamedOnnx, outputs: NamedHostTensors): Promise<NamedOnnx>
  release(): Promise<void>
}

/** Sums gradients over ranks and updates the state by them. */
export interface Reduction {
  /**
   * Sums the gradients of all ranks, in rank order.
   * @param terms gradients in each sum: ranks × micro-batches × loss scale
   * @returns Σ (sum / terms)² of each parameter, in the order of the parameters, independent of the number of ranks
   */
  allReduce(terms: number): Promise<readonly number[]>
  /** Updates parameters and moments by the mean of the summed gradients. */
  update(schedule: UpdateSchedule): Promise<void>
}

/** One rank: the current thread, on the device that the session options name. */
export const localCollective = (runtime: Runtime, options: SessionOptions): Collective => ({
  size: 1,
  broadcast: (tensors) => tensors,
  async open(program, model) {
    const session = await openSession(runtime, program, model, { ...options, isAsRecorded: true })
    return [
      {
        run: (feeds, outputs) => runSession(session, program, feeds, outputs),
        release: () => session.release(),
      },
    ]
  },
  prepareUpdates(shares) {
    const updaters = shares.map((share) => new ShareUpdater(share))
    return Promise.resolve({
      allReduce: async (terms) => updaters.flatMap((updater) => updater.reduce(terms)),
      update: async (schedule) => {
        for (const updater of updaters) updater.update(schedule)
      },
    })
  },
})
