import { join } from 'node:path'
import { canonicalName } from '#contract/canonical-name.ts'
import type { PreviewTable } from '#contract/domain/dataset-preview.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'
import { isMediaFile } from '../endings.ts'
import type { ScannedFolder } from '../scan.ts'
import { millisecondsOf } from './clock.ts'
import { type Delimiter, delimiters, readRows, type Row, withoutDelimiterMark } from './csv.ts'
import { filesNamed, readText, splitNamedInLists } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'

const tableName = /\.(csv|tsv)$/i
/** Tables that are looked at: a folder may have one for each video, which does not list videos. */
const mostTables = 50
const sampledRows = 50
const shownRows = 5
/** Of the sampled rows, at least this share names videos of the folder: numbers in a table may be names by chance. */
const leastShare = 0.1

/** Tables with the same header. */
export interface Table {
  /** Relative to the folder, with forward slashes. */
  readonly files: readonly string[]
  /** Names of the columns; the number of a column without a name, or whose name is not unique. */
  readonly header: readonly string[]
  /** Rows below the header, by file. */
  readonly rows: ReadonlyMap<string, readonly Row[]>
}

/** The tables of a folder, also those that name no videos. */
export function tablesOf(folder: ScannedFolder): Table[] {
  const files = filesNamed(folder, tableName)
    .toSorted((a, b) => a.split('/').length - b.split('/').length)
    .slice(0, mostTables)
  const read = files.flatMap((path) => readTable(folder, path) ?? [])
  return [...Map.groupBy(read, ({ header }) => JSON.stringify(header)).values()].map((tables) => ({
    files: tables.map(({ path }) => path),
    header: tables[0]?.header ?? [],
    rows: new Map(tables.map(({ path, rows }) => [path, rows])),
  }))
}

/** A table of a folder with a column that names its videos, and that column. */
export interface VideoTable {
  readonly table: Table
  readonly pathColumn: number
}

/** The tables of a folder that name its videos. */
export function videoTablesOf(folder: ScannedFolder): VideoTable[] {
  if (folder.videos.length === 0) return []
  const tables = tablesOf(folder)
  if (tables.length === 0) return []
  const videos = new ListedVideos(folder)
  return tables.flatMap((table) => {
    const rows = sampleOf(table)
    const hits = table.header.map(
      (_, column) => rows.filter(({ cells }) => 'path' in videos.find(cells[column] ?? '')).length,
    )
    const most = Math.max(...hits)
    return most > 0 && most >= leastShare * rows.length ? [{ table, pathColumn: hits.indexOf(most) }] : []
  })
}

/** A table as a preview shows it, with the columns that its header and first rows suggest. */
export function previewTable({ table, pathColumn }: VideoTable): PreviewTable {
  const rows = sampleOf(table)
  return {
    files: [...table.files],
    header: [...table.header],
    rows: rows.slice(0, shownRows).map(({ cells }) => table.header.map((_, column) => cells[column] ?? '')),
    suggestion: suggest(table.header, rows, pathColumn),
  }
}

const labelName = /^(labels?|class(es)?|actions?|activity|category|verb|noun|gesture|target)([-_ ]?name)?$/i
const splitName = /^(split|set|subset|partition|fold|phase|usage)$/i
const startName = /^(time[-_ ]?)?(start|begin)([-_ ]?(time|timestamp|s|secs?|seconds))?$/i
const endName = /^(time[-_ ]?)?(end|stop)([-_ ]?(time|timestamp|s|secs?|seconds))?$/i

const isTime = (cell: string): boolean => cell === '' || millisecondsOf(cell) !== undefined

function suggest(header: readonly string[], rows: readonly Row[], pathColumn: number): TableColumns {
  const named = (name: RegExp, fits: (cell: string) => boolean) =>
    header.find(
      (title, column) =>
        column !== pathColumn && name.test(title) && rows.every(({ cells }) => fits(cells[column] ?? '')),
    )
  const split = named(splitName, (cell) => cell === '' || splitOfCell(cell) !== undefined)
  const [start, end] = [named(startName, isTime), named(endName, isTime)]
  return {
    ...(header[pathColumn] === undefined ? { path: '1' } : { path: header[pathColumn] }),
    labels: header.filter((title, column) => column !== pathColumn && labelName.test(title)),
    ...(split === undefined ? {} : { split }),
    ...(start === undefined || end === undefined ? {} : { start, end }),
  }
}

/** What a number in a column of splits means. */
export const splitNumbers = { '0': 'train', '1': 'validation', '2': 'test' } as const

export function splitOfCell(cell: string) {
  const number = Object.entries(splitNumbers).find(([digit]) => digit === cell)
  return number === undefined ? splitNamedInLists(cell) : number[1]
}

const sampleOf = ({ rows }: Table): Row[] => [...rows.values()].flatMap((all) => all.slice(0, sampledRows))

function readTable(folder: ScannedFolder, path: string): { path: string; header: string[]; rows: Row[] } | undefined {
  const { text, marked } = withoutDelimiterMark(readText(folder.root, path))
  const delimiter = path.toLowerCase().endsWith('.tsv') ? '\t' : (marked ?? mostFrequent(text))
  const all = readRows(text, join(folder.root, path), delimiter)
  const [first] = all
  if (first === undefined) return undefined
  // A header names no video.
  const hasHeader = !first.cells.some(isMediaFile)
  const titles = hasHeader ? first.cells.map(canonicalName) : first.cells.map(() => '')
  const lower = titles.map((title) => title.toLowerCase())
  const header = titles.map((title, column) =>
    title === '' || lower.indexOf(title.toLowerCase()) !== lower.lastIndexOf(title.toLowerCase())
      ? String(column + 1)
      : title,
  )
  return { path, header, rows: hasHeader ? all.slice(1) : all }
}

/** The delimiter that the first line has most often, outside of quotes. */
function mostFrequent(text: string): Delimiter {
  const [line = ''] = text.trimStart().split(/\r\n|\n|\r/, 1)
  const outside = line.replaceAll(/"[^"]*"/g, '')
  const counts = delimiters.map((delimiter) => outside.split(delimiter).length)
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ','
}
