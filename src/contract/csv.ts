/** One field of a CSV file; null is an empty field. */
export type CsvField = string | number | boolean | null

/**
 * Rows as CSV (RFC 4180). Fields with a comma, a quote or a line break are quoted, lines end with CR LF. Numbers keep every
 * digit; NaN and infinities are written as such.
 */
export const csvOf = (rows: readonly (readonly CsvField[])[]): string =>
  rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('')

/** A field as text, quoted if it has to be. */
export function csvField(value: CsvField): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
