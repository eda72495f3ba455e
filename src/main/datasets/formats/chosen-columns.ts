import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { slug } from '#contract/domain/dataset.ts'
import { namedFiles } from '#contract/domain/import-report.ts'
import type { Split } from '#contract/domain/split.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'
import { formatList } from '#contract/format.ts'
import type { ScannedFolder } from '../scan.ts'
import { millisecondsOf } from './clock.ts'
import type { Row } from './csv.ts'
import { type Fault, faulty } from './faults.ts'
import type { Annotation, FolderAnnotations } from './format.ts'
import { ListEntries } from './list-entries.ts'
import { splitInName } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'
import { splitNumbers, splitOfCell, type Table, tablesOf, videoTablesOf } from './tables.ts'

/**
 * Reads tables with any header by columns that the user chose. Without a column of splits, the split is that in the name of a table, or
 * drawn.
 * @throws StudioError `bad-request` if there is no such table or column, or that names the file and every faulty line
 */
export function readChosenColumns(folder: ScannedFolder, columns: TableColumns): FolderAnnotations {
  const table = chosenTable(folder, columns)
  const at = positionsOf(table, columns)
  const entries = new ListEntries()
  const numbers = new Set<string>()
  for (const [path, rows] of table.rows) {
    const splitOfTable = splitInName(path) ?? null
    const faults: Fault[] = []
    for (const row of rows) {
      const read = readRow(row, at, table.header.length, splitOfTable)
      if (read.number !== undefined) numbers.add(read.number)
      const [problem = entries.add(read.listed, read.split, read.labels, read.part)] = read.problems
      if (problem !== undefined) faults.push({ line: row.line, problem })
    }
    if (faults.length > 0) throw faulty(join(folder.root, path), faults)
  }
  return {
    source: { format: 'table', files: [...table.files], columns },
    ...entries.lookUp(new ListedVideos(folder)),
    warnings: [],
    notes: [...numberedSplits(columns, numbers), ...renamed(at)],
  }
}

/** The table that the user means. */
function chosenTable(folder: ScannedFolder, { table: file }: TableColumns): Table {
  if (file !== undefined) {
    const tables = tablesOf(folder)
    const found = tables.find(({ files }) => files.includes(file))
    if (found !== undefined) return found
    const names = tables.flatMap(({ files }) => files)
    throw new StudioError(
      'bad-request',
      `The folder ${folder.root} has no table ${file}.`,
      names.length === 0 ? 'A table is a .csv or .tsv file with rows.' : `Choose one of ${namedFiles(names)}.`,
    )
  }
  const [only, ...others] = videoTablesOf(folder)
  if (only === undefined)
    throw new StudioError(
      'bad-request',
      `No table in ${folder.root} names videos of the folder.`,
      'A table is a .csv or .tsv file. Name it (table=FILE on the command line), or choose the folder that contains both the table and the videos.',
    )
  if (others.length > 0)
    throw new StudioError(
      'bad-request',
      `Several tables in ${folder.root} name videos: ${formatList([only, ...others].map(({ table }) => table.files[0] ?? ''))}.`,
      'Choose one (table=FILE on the command line).',
    )
  return only.table
}

interface Positions {
  readonly path: number
  readonly labels: readonly { readonly column: number; readonly title: string; readonly labelSet: string }[]
  readonly split: number | undefined
  readonly start: number | undefined
  readonly end: number | undefined
}

/** @throws StudioError `bad-request` if a column is not in the table, or chosen twice */
function positionsOf({ files, header }: Table, columns: TableColumns): Positions {
  const lower = header.map((title) => title.toLowerCase())
  const chosen = new Set<number>()
  const position = (name: string): number => {
    const exact = header.indexOf(name)
    const found = exact === -1 ? lower.indexOf(name.toLowerCase()) : exact
    const column = found === -1 && /^\d+$/.test(name) ? Number(name) - 1 : found
    if (header[column] === undefined)
      throw new StudioError(
        'bad-request',
        `${files[0]} has no column "${name}".`,
        `Its columns are ${formatList(header.map((title) => `"${title}"`))}.`,
      )
    if (chosen.has(column))
      throw new StudioError('bad-request', `The column "${name}" is chosen twice.`, 'Choose each column once.')
    chosen.add(column)
    return column
  }
  const optional = (name: string | undefined) => (name === undefined ? undefined : position(name))
  const path = position(columns.path)
  const labels: { column: number; title: string; labelSet: string }[] = []
  for (const name of columns.labels) {
    const column = position(name)
    const title = header[column] ?? name
    labels.push({
      column,
      title,
      labelSet: labelSetNamed(
        title,
        labels.map(({ labelSet }) => labelSet),
      ),
    })
  }
  return {
    path,
    labels,
    split: optional(columns.split),
    start: optional(columns.start),
    end: optional(columns.end),
  }
}

/** A name for the label set of a column that is not taken yet: lower-case letters, digits and hyphens. */
function labelSetNamed(title: string, taken: readonly string[]): string {
  const name = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50)
  const base = slug.safeParse(name).success && !/^\d+$/.test(name) ? name : 'label'
  let unique = base
  for (let number = 2; taken.includes(unique); number += 1) unique = `${base}-${number}`
  return unique
}

interface ReadRow extends Pick<Annotation, 'split' | 'labels'> {
  readonly listed: string
  readonly part?: { readonly startMs: number; readonly endMs: number }
  readonly problems: readonly string[]
  /** The number that was read as a split. */
  readonly number?: string
}

function readRow({ cells }: Row, at: Positions, width: number, splitOfTable: Split | null): ReadRow {
  const cell = (column: number | undefined): string => (column === undefined ? '' : (cells[column] ?? ''))
  const problems: string[] = []
  // Spreadsheets pad rows with empty cells.
  if (cells.length < width || cells.slice(width).some((text) => text !== ''))
    problems.push(`the row has ${cells.length} cells, but the header has ${width}.`)
  const listed = cell(at.path)
  if (listed === '') problems.push('the path is empty.')
  const splitText = cell(at.split)
  const split = splitText === '' ? (at.split === undefined ? splitOfTable : null) : splitOfCell(splitText)
  if (split === undefined) problems.push(`the split "${splitText}" is not one of train, validation, test, 0, 1 and 2.`)
  const [start, end] = [cell(at.start), cell(at.end)]
  const part = at.start === undefined || (start === '' && end === '') ? undefined : partOf(start, end)
  if (typeof part === 'string') problems.push(part)
  return {
    listed,
    split: split ?? null,
    labels: Object.fromEntries(
      at.labels.map(({ column, labelSet }) => [labelSet, cell(column) === '' ? null : cell(column)]),
    ),
    ...(typeof part === 'object' ? { part } : {}),
    problems,
    ...(Object.hasOwn(splitNumbers, splitText) ? { number: splitText } : {}),
  }
}

/** A part of a video, or what is wrong with it, as a sentence. */
function partOf(start: string, end: string): { startMs: number; endMs: number } | string {
  const [startMs, endMs] = [millisecondsOf(start), millisecondsOf(end)]
  if (startMs === undefined) return `the start "${start}" is not a number of seconds or a time such as 00:01:02.50.`
  if (endMs === undefined) return `the end "${end}" is not a number of seconds or a time such as 00:01:02.50.`
  return endMs > startMs ? { startMs, endMs } : `the end "${end}" is not after the start "${start}".`
}

const numberedSplits = ({ split }: TableColumns, numbers: ReadonlySet<string>): string[] =>
  numbers.size === 0
    ? []
    : [
        `In the column ${split}, ${formatList(
          Object.entries(splitNumbers).flatMap(([number, name]) =>
            numbers.has(number) ? [`${number} was read as ${name}`] : [],
          ),
        )}.`,
      ]

const renamed = ({ labels }: Positions): string[] =>
  labels.flatMap(({ title, labelSet }) =>
    title === labelSet ? [] : [`The label set of the column "${title}" is called ${labelSet}.`],
  )
