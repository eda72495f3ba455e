import { StudioError } from '#contract/api/errors.ts'
import { isOutOfMemory } from '#contract/domain/memory.ts'
import { isKilled } from '#contract/domain/run-state.ts'
import { TaskCrash } from './task.ts'

const isAborted = (exit: string): boolean => !isKilled(exit) && (exit.startsWith('signal ') || exit === 'exit code 134')

/** The line in which a process that aborted reported that memory ran out. */
export const outOfMemoryLine = (exit: string, output: readonly string[]): string | undefined =>
  isAborted(exit) ? output.findLast(isOutOfMemory) : undefined

/**
 * An error that names `ways` to save memory, if the process of a task ran out of memory or was killed. Other errors are returned
 * unchanged.
 */
export function explainCrash(cause: unknown, ways: string): unknown {
  if (!(cause instanceof TaskCrash)) return cause
  const last = outOfMemoryLine(cause.exit, cause.output)
  if (last !== undefined)
    return new StudioError('out-of-memory', `Memory ran out (${cause.exit}): ${last}`, `To use less memory: ${ways}`, {
      cause,
    })
  return isKilled(cause.exit)
    ? new StudioError(
        cause.code,
        cause.message,
        `The process was killed, which systems often do when memory runs out. To use less memory: ${ways}`,
        { cause },
      )
    : cause
}
