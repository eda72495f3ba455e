import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { slug, splitSchema, splits, type Split } from '#contract/domain/dataset.ts'
import { parseCsv } from './csv.ts'

/** What the person says of a video: its class name per label set (null = not known), and its split where one is given. */
export interface LabelledPath {
  path: string
  split: Split | null
  labels: Record<string, string | null>
}

export const labelsFile = 'labels.csv'
const hint = 'Correct the file and import the folder again.'

/**
 * Labels of the videos in `root`: from `labels.csv` where it is present, which then also decides which videos take part;
 * else the first folder of each path is its class in the label set `class`.
 */
export function readLabels(root: string, paths: readonly string[]): LabelledPath[] {
  const file = join(root, labelsFile)
  return existsSync(file) ? parseLabels(readFileSync(file, 'utf8'), file, new Set(paths)) : paths.map(labelFromFolder)
}

function labelFromFolder(path: string): LabelledPath {
  const end = path.indexOf('/')
  return { path, split: null, labels: { class: end === -1 ? null : path.slice(0, end) } }
}

/** Reads `path,split,<label set>...`. An empty split is drawn, an empty class is not known. Errors name the file and the line. */
export function parseLabels(text: string, file: string, paths: ReadonlySet<string>): LabelledPath[] {
  const [header, ...rows] = parseCsv(text)
  const [pathColumn, splitColumn, ...labelSets] = header?.cells ?? []
  if (pathColumn !== 'path' || splitColumn !== 'split') {
    throw new StudioError(
      'bad-request',
      `${file}, line 1: the header must begin with path,split and then name the label sets.`,
      hint,
    )
  }
  for (const [index, name] of labelSets.entries()) {
    if (!slug.safeParse(name).success)
      throw new StudioError(
        'bad-request',
        `${file}, line 1: the label set "${name}" has a name that cannot be used.`,
        'Use lower-case letters, digits and hyphens.',
      )
    if (labelSets.indexOf(name) !== index)
      throw new StudioError('bad-request', `${file}, line 1: the label set "${name}" appears twice.`, hint)
  }

  const seen = new Set<string>()
  return rows.map(({ line, cells }) => {
    const refuse = (problem: string) => new StudioError('bad-request', `${file}, line ${line}: ${problem}`, hint)
    if (cells.length !== labelSets.length + 2)
      throw refuse(`${cells.length} cells where the header has ${labelSets.length + 2}.`)
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
