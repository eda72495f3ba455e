import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CsvError, parse } from 'csv-parse/sync'
import { StudioError } from '#contract/api/errors.ts'
import { slug, splitSchema, splits } from '#contract/domain/dataset.ts'
import type { Annotation, DatasetFormat } from './format.ts'

const labelsFile = 'labels.csv'
const hint = 'Correct the file and import the folder again.'

/** A file `labels.csv` at the root of the folder; only the videos that it lists belong to the dataset. */
export const labelsCsv: DatasetFormat = {
  detect: (root) => existsSync(join(root, labelsFile)),
  read(root, paths) {
    const file = join(root, labelsFile)
    return parseLabels(readFileSync(file, 'utf8'), file, new Set(paths))
  },
}

/**
 * Reads the columns `path,split,<label set>...`. The split of a row with an empty split is drawn later; an empty class is
 * unknown.
 * @throws StudioError `bad-request` that names the file and the line
 */
export function parseLabels(text: string, file: string, paths: ReadonlySet<string>): Annotation[] {
  const [header, ...rows] = readRows(text, file)
  const [pathColumn, splitColumn, ...labelSets] = header?.cells ?? []
  if (pathColumn !== 'path' || splitColumn !== 'split')
    throw new StudioError(
      'bad-request',
      `${file}, line 1: the header must begin with path,split and then name the label sets.`,
      hint,
    )
  for (const [index, name] of labelSets.entries()) {
    if (!slug.safeParse(name).success)
      throw new StudioError(
        'bad-request',
        `${file}, line 1: "${name}" is not a valid name for a label set.`,
        'Use lower-case letters, digits and hyphens.',
      )
    if (labelSets.indexOf(name) !== index)
      throw new StudioError('bad-request', `${file}, line 1: the label set "${name}" appears twice.`, hint)
  }

  const seen = new Set<string>()
  return rows.map(({ line, cells }) => {
    const refuse = (problem: string) => new StudioError('bad-request', `${file}, line ${line}: ${problem}`, hint)
    const columns = labelSets.length + 2
    if (cells.length !== columns) throw refuse(`the row has ${cells.length} cells, but the header has ${columns}.`)
    const [path = '', splitCell = '', ...classes] = cells
    if (!paths.has(path)) throw refuse(`there is no video "${path}" in the folder.`)
    if (seen.has(path)) throw refuse(`the video "${path}" appears twice.`)
    seen.add(path)
    const split = splitSchema.safeParse(splitCell)
    if (splitCell !== '' && !split.success) throw refuse(`the split "${splitCell}" is not one of ${splits.join(', ')}.`)
    return {
      path,
      split: split.data ?? null,
      labels: Object.fromEntries(
        labelSets.map((name, index) => [name, classes[index] === '' ? null : (classes[index] ?? null)]),
      ),
    }
  })
}

interface Row {
  /** Line of the file on which the row begins, counted from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Rows of comma-separated values (RFC 4180). Blank lines are skipped.
 * @throws StudioError `bad-request` if a quote is not closed
 */
export function readRows(text: string, file: string): Row[] {
  const rows: Row[] = []
  try {
    parse(text, {
      bom: true,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      // `lines` is the line on which the row ends.
      on_record(cells: string[], { lines }) {
        rows.push({ line: lines - cells.join('').split('\n').length + 1, cells })
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
