import { join } from 'node:path'
import { basename } from 'node:path/posix'
import type { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import { correct } from './faults.ts'
import { readText } from './list-files.ts'

/**
 * Reads a list that is JSON.
 * @param layout name of the dataset whose list it is
 * @throws StudioError `bad-request` that names the file and what is wrong with it
 */
export function readJson<S extends z.ZodType>(root: string, path: string, schema: S, layout: string): z.infer<S> {
  const file = join(root, path)
  let document: unknown
  try {
    document = JSON.parse(readText(root, path))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new StudioError('bad-request', `${file} is not valid JSON: ${cause.message}`, correct, { cause })
  }
  const result = schema.safeParse(document)
  if (result.success) return result.data
  throw new StudioError(
    'bad-request',
    `${basename(path)} is not a list of ${layout}: ${describeIssues(result.error.issues)}`,
    correct,
  )
}
