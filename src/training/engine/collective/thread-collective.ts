import type { Collective } from './collective.ts'
import { settleAll } from './settle-all.ts'
import { toShared } from './shared-memory.ts'
import type { WorkerThread } from './worker-thread.ts'

/** One rank per worker thread. Tensors are broadcast through shared memory. */
export const threadCollective = (threads: readonly WorkerThread[]): Collective => ({
  size: threads.length,
  broadcast: toShared,
  open: (program, model) => settleAll(threads.map((thread) => thread.open(program, model, true))),
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
