import { InvalidArgumentError, Option } from 'commander'
import { describeIssues } from '#contract/api/issues.ts'
import { defaultFrameRate, frameRate } from '#contract/domain/frame-rate.ts'
import { type TableColumns, tableColumns } from '#contract/domain/table-columns.ts'
import type { DrawingOptions } from './drawing-options.ts'

/** Options of the verbs that read a folder. */
export interface FolderOptions extends DrawingOptions {
  readonly followLinks?: boolean
  readonly columns?: TableColumns
  readonly frameRate?: number
}

const keys = ['table', 'path', 'label', 'split', 'start', 'end'] as const

export const columnsOption = (): Option =>
  new Option(
    '--columns <columns>',
    'read a .csv or .tsv table with any header: path=NAME,label=NAME,split=NAME,start=NAME,end=NAME with names or numbers of columns; label may be repeated, only path is needed; table=FILE if several name videos',
  ).argParser(parseColumns)

export const frameRateOption = (): Option =>
  new Option(
    '--frame-rate <number>',
    `frames per second of folders of numbered pictures, which do not say it (default: ${defaultFrameRate})`,
  ).argParser(parseFrameRate)

/** @throws InvalidArgumentError that says what is wrong */
function parseFrameRate(text: string): number {
  const rate = frameRate.safeParse(text.trim() === '' ? Number.NaN : Number(text))
  if (rate.success) return rate.data
  throw new InvalidArgumentError(
    Number.isFinite(Number(text)) ? describeIssues(rate.error.issues) : 'It is not a number.',
  )
}

/** @throws InvalidArgumentError that says what is wrong */
export function parseColumns(text: string): TableColumns {
  const labels: string[] = []
  const others = new Map<string, string>()
  for (const assignment of text.split(',')) {
    const [, key = '', name = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(assignment) ?? []
    if (!keys.some((known) => known === key) || name === '')
      throw new InvalidArgumentError(
        `"${assignment}" is not one of ${keys.map((known) => `${known}=…`).join(', ')}. For a column with a comma in its name, use its number.`,
      )
    if (key === 'label') labels.push(name)
    else if (others.has(key)) throw new InvalidArgumentError(`${key} is given twice.`)
    else others.set(key, name)
  }
  if (!others.has('path')) throw new InvalidArgumentError('Name the column of the paths: path=NAME.')
  const columns = tableColumns.safeParse({ ...Object.fromEntries(others), labels })
  if (columns.success) return columns.data
  throw new InvalidArgumentError(describeIssues(columns.error.issues))
}
