import type { ErrorReport } from '#contract/errors.ts'

export interface Interruption {
  runId: string
  step: number
  /** How the process ended, where the studio saw it. */
  exit: string | null
  /** Last lines of the process's output. */
  output: readonly string[]
}

/** What to tell of a run whose process ended without saying how. */
export function describeInterruption({ runId, step, exit, output }: Interruption): ErrorReport {
  const ending = exit === null ? 'is gone; it ended while no studio watched it' : `ended without a result (${exit})`
  const tail = output.length === 0 ? '' : ` Its last lines:\n${output.join('\n')}`
  const guess = exit === 'signal SIGKILL' ? 'Something killed it; often that is the system when memory runs out. ' : ''
  return { code: 'run-failed', message: `The process of ${runId} ${ending}, at step ${step}.${tail}`, hint: `${guess}Resume the run: it goes on from its last checkpoint.` }
}
