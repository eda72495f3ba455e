import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { slug, splits } from '#contract/domain/dataset.ts'
import { splitNamed } from '#contract/domain/split.ts'
import { formatQuantity } from '#contract/format.ts'
import { decodeText } from '#node/text-file.ts'
import type { ScannedFolder } from '../scan.ts'
import { type Delimiter, delimiters, readRows, type Row, withoutDelimiterMark } from './csv.ts'
import { correct, type Fault, faulty } from './faults.ts'
import type { Annotation, DatasetFormat, FolderAnnotations, MissingFile } from './format.ts'
import { readText } from './list-files.ts'
import { ListedPaths } from './listed-paths.ts'

/** A file `labels.csv` at the root of the folder, in any letter case. Only the videos that it lists belong to the dataset. */
export const labelsCsv: DatasetFormat = {
  detect: ({ root }) => labelFile(root) !== undefined,
  read(folder) {
    const name = labelFile(folder.root) ?? 'labels.csv'
    const file = join(folder.root, name)
    const { text, encoding, isGuessed } = decodeText(readFileSync(file), file)
    const { annotations, missing, delimiter } = parseLabels(text, file, new ListedPaths(folder))
    return {
      source: { format: 'labels-csv', file: name, encoding, delimiter },
      annotations,
      missing,
      warnings: [...(isGuessed ? guessWarning(name, encoding, text) : []), ...undecidedSplits(name, annotations)],
      notes: [],
    }
  },
}

/** Whether the folder has a `labels.csv` with another header, of which the user chooses the columns. */
export function hasOtherHeader({ root }: ScannedFolder): boolean {
  const name = labelFile(root)
  if (name === undefined) return false
  const { delimiter, text } = findDelimiter(readText(root, name))
  const [header] = readRows(text, join(root, name), delimiter)
  return header?.cells[0]?.toLowerCase() !== 'path' || header.cells[1]?.toLowerCase() !== 'split'
}

/**
 * Name of the file with the labels; undefined if there is none.
 * @throws StudioError `bad-request` if there are several
 */
function labelFile(root: string): string | undefined {
  const [first, ...others] = readdirSync(root).filter(
    (name) => name.toLowerCase() === 'labels.csv' && statSync(join(root, name), { throwIfNoEntry: false })?.isFile(),
  )
  if (others.length === 0) return first
  throw new StudioError(
    'bad-request',
    `The folder ${root} contains several files with labels: ${[first, ...others].join(', ')}.`,
    'Keep one of them and rename or remove the others.',
  )
}

export interface ParsedLabels extends Pick<FolderAnnotations, 'annotations' | 'missing'> {
  readonly delimiter: Delimiter
}

/**
 * Reads the columns `path,split,<label set>...`, separated by commas, semicolons, tabs or vertical bars. The split of a row with an
 * empty split is drawn later; an empty class is unknown.
 * @returns the annotations of the files that are in the folder; the others are `missing`
 * @throws StudioError `bad-request` that names the file and every faulty line
 */
export function parseLabels(content: string, file: string, paths: ListedPaths): ParsedLabels {
  const { delimiter, text } = findDelimiter(content)
  const [header, ...rows] = readRows(text, file, delimiter)
  const [pathColumn, splitColumn, ...labelSets] = (header?.cells ?? []).map((cell) => cell.toLowerCase())
  if (pathColumn !== 'path' || splitColumn !== 'split')
    throw new StudioError(
      'bad-request',
      `${file}, line ${header?.line ?? 1}: the header must begin with path,split and then name the label sets.${header === undefined ? ' The file is empty.' : ` It begins with "${header.cells.join(delimiter).slice(0, 60)}".`}`,
      'Correct the file and import the folder again, or choose the columns (--columns on the command line).',
    )
  checkLabelSets(labelSets, `${file}, line ${header?.line ?? 1}`)
  const read = rows.map((row) => readRow(row, labelSets, paths))
  const faults = [...read.flatMap(({ faults }) => faults), ...duplicates(read)].toSorted((a, b) => a.line - b.line)
  if (faults.length > 0) throw faulty(file, faults)
  return {
    delimiter,
    annotations: read.flatMap(({ annotation }) => annotation ?? []),
    missing: read.flatMap(({ missing }) => missing ?? []),
  }
}

/** The character after `path` in the header, or that of a first line `sep=;`. */
function findDelimiter(content: string): { delimiter: Delimiter; text: string } {
  const { marked, text } = withoutDelimiterMark(content)
  const found = marked ?? /^\s*"?\s*path\s*"?[ ]*([,;\t|])/i.exec(text)?.[1]
  return { delimiter: delimiters.find((delimiter) => delimiter === found) ?? ',', text }
}

function checkLabelSets(labelSets: readonly string[], where: string): void {
  for (const [index, name] of labelSets.entries()) {
    if (!slug.safeParse(name).success)
      throw new StudioError(
        'bad-request',
        `${where}: "${name}" is not a valid name for a label set.`,
        'Use lower-case letters, digits and hyphens.',
      )
    if (labelSets.indexOf(name) !== index)
      throw new StudioError('bad-request', `${where}: the label set "${name}" appears twice.`, correct)
  }
}

interface ReadRow {
  readonly line: number
  readonly listed: string
  /** The file on the disk that the row means, if it is there. */
  readonly path?: string
  readonly faults: readonly Fault[]
  readonly annotation?: Annotation
  readonly missing?: MissingFile
}

function readRow({ line, cells }: Row, labelSets: readonly string[], paths: ListedPaths): ReadRow {
  const [listed = '', splitCell = '', ...classes] = cells
  const columns = labelSets.length + 2
  const problems: string[] = []
  // Spreadsheets pad rows with empty cells.
  if (cells.length < columns || cells.slice(columns).some((cell) => cell !== ''))
    problems.push(`the row has ${cells.length} cells, but the header has ${columns}.`)
  if (listed === '') problems.push('the path is empty.')
  const split = splitNamed(splitCell)
  if (splitCell !== '' && split === undefined)
    problems.push(`the split "${splitCell}" is not one of ${splits.join(', ')}.`)
  const row = { line, listed, faults: problems.map((problem) => ({ line, problem })) }
  const labels: Annotation['labels'] = Object.fromEntries(
    labelSets.map((name, index) => [name, classes[index] === '' ? null : (classes[index] ?? null)]),
  )
  const found = paths.find(listed)
  return 'reason' in found
    ? { ...row, missing: { path: listed, split: split ?? null, labels, reason: found.reason } }
    : { ...row, path: paths.fileOf(found.path), annotation: { path: found.path, split: split ?? null, labels } }
}

/** Rows that list a file again. */
function duplicates(rows: readonly ReadRow[]): Fault[] {
  const first = new Map<string, ReadRow>()
  return rows.flatMap((row) => {
    const key = row.path ?? `missing ${row.listed}`
    const earlier = first.get(key)
    if (row.listed === '') return []
    if (earlier === undefined) {
      first.set(key, row)
      return []
    }
    const as = earlier.listed === row.listed ? '' : `, there as "${earlier.listed}"`
    return [
      { line: row.line, problem: `the video "${row.listed}" appears twice; line ${earlier.line} has it too${as}.` },
    ]
  })
}

const quotedWords = 3

function guessWarning(name: string, encoding: string, text: string): string[] {
  const words = [...new Set(text.match(/[\p{L}\p{N}]*[^\p{ASCII}][\p{L}\p{N}]*/gu) ?? [])].slice(0, quotedWords)
  return [
    `${name} is not UTF-8. It was read as ${encoding}, judged by its letters: ${words.map((word) => `"${word}"`).join(', ')}. If they are wrong, save the file as UTF-8 and import the folder again.`,
  ]
}

/** Warns of rows without a split whose videos are in folders of splits: their splits are drawn. */
function undecidedSplits(name: string, annotations: readonly Annotation[]): string[] {
  const inFolders = annotations.filter(
    ({ path, split }) => split === null && path.includes('/') && splitNamed(path.split('/')[0] ?? '') !== undefined,
  )
  return inFolders.length === 0
    ? []
    : [
        `${name} gives no split for ${formatQuantity(inFolders.length, 'video')} in folders that are named like splits. Their splits were drawn; the folders do not count.`,
      ]
}
