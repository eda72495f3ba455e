import Table from 'cli-table3'
import { toStudioError, type StudioError } from '#contract/api/errors.ts'
import { encodeMetric } from '#contract/domain/metric.ts'

/** Writes the result of a verb to standard output: a JSON document, or its `text`. */
export function show<T>(isJson: boolean, document: T, text: (document: T) => string): void {
  process.stdout.write(`${isJson ? JSON.stringify(document, encoded, 2) : text(document)}\n`)
}

/** JSON has no NaN and no infinity; they become strings, as in metrics. */
const encoded = (_key: string, value: unknown): unknown => (typeof value === 'number' ? encodeMetric(value) : value)

/** Writes a sentence for a person to standard error; with `--json`, only errors are written there. */
export function note(text: string): void {
  if (!process.argv.includes('--json')) process.stderr.write(`${text}\n`)
}

/** Writes an error to standard error, as text or as JSON. */
export function showError(isJson: boolean, cause: unknown): void {
  const { code, message, hint } = fromCall(cause)
  process.stderr.write(
    isJson
      ? `${JSON.stringify({ error: { code, message, hint } })}\n`
      : `${message}\n${hint === '' ? '' : `${hint}\n`}`,
  )
}

/** An error of a procedure carries its report as data. */
function fromCall(cause: unknown): StudioError {
  return toStudioError(cause instanceof Error && 'data' in cause && cause.data !== undefined ? cause.data : cause)
}

/** A table without rules between its rows, so that scripts can cut it into columns. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  rightAligned: readonly number[] = [],
): string {
  const result = new Table({
    head: [...head],
    style: { head: [], border: [] },
    colAligns: head.map((_, column) => (rightAligned.includes(column) ? 'right' : 'left')),
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  result.push(...rows.map((row) => row.map(String)))
  return result.toString()
}
