import { CsvError, parse } from 'csv-parse/sync'
import { StudioError } from '#contract/api/errors.ts'

export const delimiters = [',', ';', '\t', '|'] as const
export type Delimiter = (typeof delimiters)[number]

export interface Row {
  /** Line of the file on which the row begins, counted from 1. */
  readonly line: number
  /** Without blanks around them. */
  readonly cells: readonly string[]
}

/** The delimiter that Excel marks in a first line `sep=;`, and the text with a blank line instead, so that the lines keep their numbers. */
export function withoutDelimiterMark(content: string): { marked?: Delimiter; text: string } {
  const mark = /^\s*sep=(.)[ ,;]*(\r\n|\r|\n)/i.exec(content)
  const marked = delimiters.find((delimiter) => delimiter === mark?.[1])
  return {
    ...(marked === undefined ? {} : { marked }),
    text: mark === null ? content : content.slice(mark[0].length - (mark[2]?.length ?? 0)),
  }
}

/**
 * Rows of separated values (RFC 4180). Blank lines are skipped.
 * @throws StudioError `bad-request` if a quote is not closed
 */
export function readRows(text: string, file: string, delimiter: Delimiter = ','): Row[] {
  const rows: Row[] = []
  try {
    parse(text, {
      delimiter,
      record_delimiter: text.includes('\n') ? ['\r\n', '\n'] : ['\r'],
      relax_column_count: true,
      relax_quotes: true,
      // Cells are trimmed below: the parser would take tabs between cells for blanks around them.
      trim: delimiter !== '\t',
      skip_empty_lines: true,
      // `lines` is the line on which the row ends.
      on_record(cells: string[], { lines }) {
        const trimmed = cells.map((cell) => cell.trim())
        // Spreadsheets save empty rows below a table as delimiters alone.
        if (trimmed.some((cell) => cell !== ''))
          rows.push({ line: lines - cells.join('').split('\n').length + 1, cells: trimmed })
        return null
      },
    })
    return rows
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw new StudioError(
      'bad-request',
      `${file}, line ${Number(cause['lines'])}: a quoted cell is not closed correctly.`,
      'Close the quote, and write a quote inside a quoted cell as "".',
      { cause },
    )
  }
}
