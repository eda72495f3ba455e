import { existsSync, readFileSync } from 'node:fs'
import type { z } from 'zod'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import { writeAtomically } from './atomic-file.ts'

const restore = 'Restore the file from a backup, or remove what it describes.'

/** Writes a JSON document atomically and forces it to the disk. */
export function writeJson(file: string, document: unknown): void {
  writeAtomically(file, `${JSON.stringify(document, null, 2)}\n`)
}

/**
 * Reads and validates a JSON document.
 * @throws StudioError `bad-request` that names the file and its problem, if it is missing, not JSON, or does not fit the schema.
 */
export function readJson<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const reason =
      systemCode(cause) === 'ENOENT'
        ? 'does not exist'
        : `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new StudioError('bad-request', `The file ${file} ${reason}.`, restore, { cause })
  }
  const result = schema.safeParse(content)
  if (result.success) return result.data
  throw new StudioError('bad-request', `The file ${file} is damaged: ${describeIssues(result.error.issues)}`, restore, {
    cause: result.error,
  })
}

/** Like `readJson`; `undefined` if the file does not exist. */
export function readJsonIfPresent<S extends z.ZodType>(file: string, schema: S): z.infer<S> | undefined {
  return existsSync(file) ? readJson(file, schema) : undefined
}
