export interface CsvRow {
  /** Line of the file on which the row begins, counted from 1. */
  line: number
  cells: string[]
}

/** Reads comma-separated values (RFC 4180: quotes, doubled quotes, line breaks within quotes). Blank lines are left out. */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  const source = text.replace(/^\uFEFF/, '')
  let line = 1
  let start = 1
  let cells: string[] = []
  let cell = ''
  let isQuoted = false

  const endRow = () => {
    cells.push(cell.trim())
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: start, cells })
    cells = []
    cell = ''
    start = line
  }
  for (let at = 0; at < source.length; at++) {
    const character = source[at]
    if (character === '\n') line++
    if (isQuoted) {
      if (character !== '"') cell += character
      else if (source[at + 1] === '"') cell += source[++at]
      else isQuoted = false
    } else if (character === '"' && cell === '') isQuoted = true
    else if (character === ',') {
      cells.push(cell.trim())
      cell = ''
    } else if (character === '\n') endRow()
    else cell += character
  }
  endRow()
  return rows
}
