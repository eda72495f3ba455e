import { StudioError } from '#contract/api/errors.ts'
import { isOutOfMemory } from '#contract/domain/memory.ts'
import { TaskCrash } from './task.ts'

/** How a system ends a process when memory runs out: by a signal nobody can catch, which a shell in between tells as 128 + 9. */
export const isKilled = (exit: string): boolean => exit === 'signal SIGKILL' || exit === 'exit code 137'
const isAborted = (exit: string): boolean => !isKilled(exit) && (exit.startsWith('signal ') || exit === 'exit code 134')

/** The line in which a process that aborted said that memory ran out. */
export const lastWordsOf = (exit: string, output: readonly string[]): string | undefined =>
  isAborted(exit) ? output.findLast(isOutOfMemory) : undefined

/** Of a task whose process memory ended, or may have ended, an error that tells the `ways` to take less; any other error as it is. */
export function explainCrash(cause: unknown, ways: string): unknown {
  if (!(cause instanceof TaskCrash)) return cause
  const last = lastWordsOf(cause.exit, cause.output)
  if (last !== undefined)
    return new StudioError('out-of-memory', `Memory ran out (${cause.exit}): ${last}`, `To take less: ${ways}`, {
      cause,
    })
  return isKilled(cause.exit)
    ? new StudioError(
        cause.code,
        cause.message,
        `Something killed it; often that is the system when memory runs out. To take less: ${ways}`,
        { cause },
      )
    : cause
}
