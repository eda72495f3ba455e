import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import { writeAtomically } from './atomic-file.ts'
import { readUnicode } from './text-file.ts'

const restore = 'Restore the file from a backup, or remove what it describes.'

/**
 * A document as JSON.
 * @throws Error that names a number that is NaN or infinite: `JSON.stringify` would write null for it without a word.
 */
export function toJson(document: unknown, indent = 0): string {
  const text = JSON.stringify(document, undefined, indent)
  // A replacer takes several times as long. Without null in the text, every number was one.
  if (!text.includes('null')) return text
  return JSON.stringify(
    document,
    (key, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value))
        throw new Error(`The value of ${key} is ${value}, which JSON cannot hold.`)
      return value
    },
    indent,
  )
}

/** Writes a JSON document atomically and forces it to the disk. */
export function writeJson(file: string, document: unknown): void {
  writeAtomically(file, `${toJson(document, 2)}\n`)
}

/**
 * Reads and validates a JSON document.
 * @throws StudioError `bad-request` that names the file and its problem, if it is missing, not JSON, or does not fit the schema.
 */
export function readJson<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  let content: unknown
  try {
    content = JSON.parse(readUnicode(file))
  } catch (cause) {
    if (cause instanceof StudioError) throw cause
    const reason =
      systemCode(cause) === 'ENOENT'
        ? 'does not exist'
        : `cannot be read: ${systemProblem(cause)?.problem ?? (cause instanceof Error ? cause.message : String(cause))}`
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
