import type { Collective } from './collective.ts'
import { settleAll } from './settle-all.ts'
import { sharedBytes, toShared } from './shared-memory.ts'
import type { WorkerThread } from './worker-thread.ts'

/**
 * One rank per worker thread, on its share of the processor or on a graphics card of its own. Tensors are broadcast through shared memory, and
 * gradients are summed there: ONNX Runtime has no all-reduce between cards.
 */
export const threadCollective = (threads: readonly WorkerThread[]): Collective => ({
  size: threads.length,
  broadcast: toShared,
  open(program, { bytes }) {
    const model = { bytes: sharedBytes(bytes) }
    return settleAll(threads.map((thread) => thread.open(program, model, true)))
  },
  async prepareUpdates(shares) {
    const updaters = await settleAll(
      threads.flatMap((thread, rank) => (shares[rank] === undefined ? [] : [thread.prepareUpdates(shares[rank])])),
    )
    return {
      allReduce: async (terms) => (await settleAll(updaters.map((updater) => updater.allReduce(terms)))).flat(),
      update: async (schedule) => void (await settleAll(updaters.map((updater) => updater.update(schedule)))),
    }
  },
})
