import { join } from 'node:path'
import { basename } from 'node:path/posix'
import { canonicalName } from '#contract/canonical-name.ts'
import { splitNamed } from '#contract/domain/split.ts'
import type { ScannedFolder } from '../scan.ts'
import { unknownClasses } from './classes.ts'
import { readRows } from './csv.ts'
import { type Fault, faulty } from './faults.ts'
import type { DatasetFormat } from './format.ts'
import { ListEntries } from './list-entries.ts'
import { filesNamed, linesOf, readText } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'

const listName = /^(training|validation|testing|test)set\.csv$/i
const classesName = /^moments[-_]categories\.txt$/i
const count = /^\d+$/

/**
 * The lists of Moments in Time: `trainingSet.csv` and `validationSet.csv` with a path below `training/` or `validation/`, a class and the
 * numbers of people who agreed and disagreed with it, mostly without a header, and `moments_categories.txt` (`clapping,0`).
 */
export const momentsInTime: DatasetFormat = {
  detect: (folder) => momentsLists(folder).length > 0,
  read(folder) {
    const lists = momentsLists(folder)
    const [classFile] = filesNamed(folder, classesName)
    const classes = classFile === undefined ? undefined : readClasses(folder.root, classFile)
    const entries = new ListEntries()
    const unknown = new Set<string>()
    for (const path of lists) {
      const kind = listName.exec(basename(path))?.[1]?.toLowerCase() ?? ''
      const faults: Fault[] = []
      for (const { line, cells } of rowsOf(folder.root, path)) {
        const [listed = '', label = '', agreement = '', disagreement = ''] = cells
        const isRow = listed !== '' && label !== '' && count.test(agreement) && count.test(disagreement)
        const problem = isRow
          ? entries.add(`${kind}/${listed}`, splitNamed(kind) ?? null, { class: label })
          : `"${cells.join(',')}" is not a path, a class and the numbers of people who agreed and disagreed.`
        if (problem !== undefined) faults.push({ line, problem })
        else if (classes?.has(canonicalName(label)) === false) unknown.add(label)
      }
      if (faults.length > 0) throw faulty(join(folder.root, path), faults)
    }
    return {
      source: {
        format: 'lists',
        layout: 'Moments in Time',
        files: [...lists, ...(classFile === undefined ? [] : [classFile])],
      },
      ...entries.lookUp(new ListedVideos(folder)),
      warnings: unknownClasses(unknown, classFile),
      notes: [],
    }
  },
}

const momentsLists = (folder: ScannedFolder): string[] =>
  filesNamed(folder, listName).filter((path) => {
    const [first] = rowsOf(folder.root, path)
    return first?.cells.length === 4 && first.cells.slice(2).every((cell) => count.test(cell))
  })

/** Rows below the header, if there is one. */
function rowsOf(root: string, path: string) {
  const rows = readRows(readText(root, path), join(root, path))
  return rows[0]?.cells[0]?.toLowerCase() === 'path' ? rows.slice(1) : rows
}

/** Names of lines such as `clapping,0`. */
const readClasses = (root: string, path: string): ReadonlySet<string> =>
  new Set(linesOf(readText(root, path)).map(({ text }) => canonicalName(text.replace(/,\s*\d+$/, ''))))
