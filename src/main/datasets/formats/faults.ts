import { StudioError } from '#contract/api/errors.ts'

export const correct = 'Correct the file and import the folder again.'

/** What is wrong with a line of a list, as a sentence. */
export interface Fault {
  readonly line: number
  readonly problem: string
}

const listedFaults = 10

/** The error that names the file and every faulty line; those after the tenth are counted. */
export function faulty(file: string, faults: readonly Fault[]): StudioError {
  const [first, ...others] = faults
  if (first !== undefined && others.length === 0)
    return new StudioError('bad-request', `${file}, line ${first.line}: ${first.problem}`, correct)
  const lines = faults.slice(0, listedFaults).map(({ line, problem }) => `line ${line}: ${problem}`)
  const more = faults.length > listedFaults ? [`and ${faults.length - listedFaults} more`] : []
  return new StudioError(
    'bad-request',
    `${file} has ${faults.length} faults:\n${[...lines, ...more].join('\n')}`,
    correct,
  )
}
