import type { ErrorReport } from '#contract/api/errors.ts'
import { type MemorySettings, waysToSaveMemory } from '#contract/configuration/memory.ts'
import { isKilled, lastWordsOf } from '../executors/memory-exhaustion.ts'

export interface Interruption {
  runId: string
  step: number
  /** How the process ended, where the studio saw it. */
  exit: string | null
  /** Last lines of the process's output. */
  output: readonly string[]
  /** What its memory depends on; asked only where memory may be why it ended. */
  settings: () => MemorySettings | undefined
}

const shownLines = 10

/** What to tell of a run whose process ended without saying how. */
export function describeInterruption({ runId, step, exit, output, settings }: Interruption): ErrorReport {
  const goOn = 'Resume the run: it goes on from its last checkpoint.'
  const last = exit === null ? undefined : lastWordsOf(exit, output)
  if (last !== undefined) {
    return {
      code: 'out-of-memory',
      message: `The process of ${runId} ended because memory ran out (${exit}), at step ${step}: ${last}`,
      hint: `${ways(settings())}${goOn}`,
    }
  }
  const tail = output.length === 0 ? '' : ` Its last lines:\n${output.slice(-shownLines).join('\n')}`
  const ending = exit === null ? 'is gone; it ended while no studio watched it' : `ended without a result (${exit})`
  const guess =
    exit !== null && isKilled(exit)
      ? `Something killed it; often that is the system when memory runs out. ${ways(settings())}`
      : ''
  return {
    code: 'run-failed',
    message: `The process of ${runId} ${ending}, at step ${step}.${tail}`,
    hint: `${guess}${goOn}`,
  }
}

const ways = (settings: MemorySettings | undefined): string =>
  settings === undefined ? '' : `To take less memory, launch anew: ${waysToSaveMemory(settings)} `
