import { processArguments, processExists } from '#node/processes.ts'
import { cardNumbers, cardOrder, visibleBefore } from '#node/visible-cards.ts'
import type { AssignedCard } from './executor.ts'

/** Environment of a training child. What the user has set stays. Electron's binary needs a variable to run as Node. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const runAsNode = process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }
  return { ...allocatorSettings, ...cardOrder, ...process.env, ...runAsNode }
}

/**
 * Variables that make a child compute on these cards only. In a job of Slurm, which has set `CUDA_VISIBLE_DEVICES` itself, it stays, and the
 * child is told which of the visible cards to use.
 */
export function cardVariables(cards: readonly AssignedCard[], environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (cards.length === 0) return {}
  return environment['SLURM_JOB_ID'] === undefined
    ? {
        CUDA_VISIBLE_DEVICES: cards.map(({ uuid }) => uuid).join(','),
        [visibleBefore]: environment['CUDA_VISIBLE_DEVICES'] ?? '',
      }
    : { [cardNumbers]: cards.map(({ number }) => number).join(',') }
}

/** Node options of a child. Pixels live outside of V8's heap, and are freed as often as the youngest generation is collected. */
export const childOptions = ['--max-semi-space-size=1']

/** Makes glibc return freed whole pages (weights that a session copied, pixels) to the system at once. */
const allocatorSettings = { MALLOC_MMAP_THRESHOLD_: '65536' }

/**
 * Whether the process `pid` lives and is the child of the run in `folder`. Systems reuse process ids: on Linux the command
 * line must name the run's folder; elsewhere the heartbeat must be recent.
 */
export function isRunProcess(pid: number, folder: string, lastSignOfLifeMs: number): boolean {
  if (!processExists(pid)) return false
  const found = processArguments(pid)
  return found === null ? Date.now() - lastSignOfLifeMs < recentMs : found?.includes(folder) === true
}
const recentMs = 60_000
