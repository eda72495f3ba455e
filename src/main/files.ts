import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { z } from 'zod'
import { StudioError, systemCode } from '#contract/api/errors.ts'

/** Writes a JSON document so that a reader sees the old file or the new one, never a half: temporary name, sync, rename. */
export function writeJson(file: string, document: unknown): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`)
  try {
    const handle = openSync(temporary, 'w')
    try {
      writeSync(handle, `${JSON.stringify(document, null, 2)}\n`)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw cause
  }
}

/** Reads a JSON document of the workspace. A damaged one is a `StudioError` that names the file and what is wrong in it. */
export function readJson<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const reason =
      systemCode(cause) === 'ENOENT'
        ? 'does not exist'
        : `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new StudioError(
      'bad-request',
      `The file ${file} ${reason}.`,
      'Restore the file from a backup, or remove what it describes.',
      { cause },
    )
  }
  const result = schema.safeParse(content)
  if (result.success) return result.data
  throw new StudioError(
    'bad-request',
    `The file ${file} is damaged: ${describeIssues(result.error.issues)}`,
    'Restore the file from a backup, or remove what it describes.',
    { cause: result.error },
  )
}

/** Like `readJson`, but `undefined` where there is no file. */
export function readJsonIfPresent<S extends z.ZodType>(file: string, schema: S): z.infer<S> | undefined {
  return existsSync(file) ? readJson(file, schema) : undefined
}

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema found wrong, one sentence a field: `clip.patchSize: The patch of ...`. At most five. */
export function describeIssues(issues: readonly Issue[]): string {
  const sentences = new Map<string, string>()
  for (const issue of issues) {
    const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    const message = /[.!?]$/.test(issue.message) ? issue.message : `${issue.message}.`
    // The first issue of a field is the plainest; what follows from it would only repeat it.
    if (!sentences.has(path)) sentences.set(path, path === '' ? message : `${path}: ${message}`)
  }
  const lines = [...sentences.values()]
  return [...lines.slice(0, 5), ...(lines.length > 5 ? [`And ${lines.length - 5} more.`] : [])].join(' ')
}
