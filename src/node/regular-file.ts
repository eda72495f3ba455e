import { type Stats, statSync } from 'node:fs'
import { StudioError } from '#contract/api/errors.ts'

/** What is wrong with a path that is no file and no folder, to continue a sentence: `is a named pipe`. Reading one may never end. */
export function specialProblem(facts: Pick<Stats, 'isFIFO' | 'isSocket' | 'isCharacterDevice' | 'isBlockDevice'>) {
  if (facts.isFIFO()) return 'is a named pipe'
  if (facts.isSocket()) return 'is a socket'
  return facts.isCharacterDevice() || facts.isBlockDevice() ? 'is a device' : undefined
}

/** As `specialProblem`, for a path; undefined also if nothing is there. Links are followed. */
export function fileProblem(path: string): ReturnType<typeof specialProblem> {
  const facts = statSync(path, { throwIfNoEntry: false })
  return facts === undefined ? undefined : specialProblem(facts)
}

/**
 * Call before a file is opened that a user named, or that lies in a folder from elsewhere. What is not there is no problem here.
 * @throws StudioError `bad-request` if the path is a pipe, a socket or a device
 */
export function refuseSpecialFile(path: string): void {
  const problem = fileProblem(path)
  if (problem !== undefined)
    throw new StudioError(
      'bad-request',
      `${path} ${problem}, not a file.`,
      'Choose a file, or copy its content into one.',
    )
}
