import { availableParallelism } from 'node:os'

/** Variable with the number of threads that a run computes on, when it shares the processor with others. */
const threadShare = 'MVD_STUDIO_THREADS'

/** Variables that give a process its share of the threads of the processor. */
export const threadVariables = (threads: number): NodeJS.ProcessEnv => ({ [threadShare]: String(threads) })

/** Threads that this process computes on: its share, or all of the machine. */
export function threadsOfProcess(): number {
  const share = Number(process.env[threadShare])
  return Number.isInteger(share) && share > 0 ? share : availableParallelism()
}
