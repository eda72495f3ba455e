import { StudioError } from '#contract/api/errors.ts'

/** Ends a case that cannot be run or compared; `problem` is the sentence without its full stop. */
export function refuse(problem: string, cause?: unknown): never {
  throw new StudioError('bad-request', `${problem}.`, 'Correct the case, or record it again.', { cause })
}
