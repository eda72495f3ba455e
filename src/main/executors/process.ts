import { readFileSync } from 'node:fs'
import { systemCode } from '#contract/api/errors.ts'

/** Environment of a training child. Inside Electron its binary must be told to be Node. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const runAsNode = process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }
  return { ...allocatorSettings, ...process.env, ...runAsNode }
}

/** Options of a child's Node. Batches of pixels lie outside of V8's heap, and are given back as often as its youngest generation is collected. */
export const childOptions = ['--max-semi-space-size=1']

/** For the allocator of glibc: whole pages that are freed, of weights that a session has copied or of pixels, go back to the system at once. */
const allocatorSettings = { MALLOC_MMAP_THRESHOLD_: '65536' }

/**
 * Whether the process `pid` still lives and is the child of the run in `folder`. A number alone proves nothing, since
 * systems use them again: on Linux the command line must name the run's folder; elsewhere the heartbeat must be recent.
 */
export function isRunProcess(pid: number, folder: string, lastSignOfLifeMs: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if (systemCode(cause) !== 'EPERM') return false
  }
  if (process.platform !== 'linux') return Date.now() - lastSignOfLifeMs < recentMs
  try {
    // A process that ended but was not yet collected by its parent has an empty command line.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(folder)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ESRCH') return false
    throw cause
  }
}
const recentMs = 60_000

/** Ends a child and everything that it started (it leads a process group of its own), without asking. */
export function killTree(pid: number): void {
  try {
    if (process.platform === 'win32') process.kill(pid, 'SIGKILL')
    else process.kill(-pid, 'SIGKILL')
  } catch (cause) {
    if (systemCode(cause) !== 'ESRCH') throw cause
  }
}

/** How a process ended, in words. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`
}
