import { basename } from 'node:path/posix'
import { formatList } from '#contract/format.ts'
import type { DatasetFormat } from './format.ts'
import { ListEntries, readLines } from './list-entries.ts'
import { filesNamed } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'

const listName = /^(train|test)list0?([1-3])\.txt$/i
const classesName = /^classind\.txt$/i

/**
 * The lists of UCF101: `classInd.txt` (`1 ApplyEyeMakeup`), `trainlist01.txt` (`ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1`) and
 * `testlist01.txt` (without the index), up to 03. Each number is an official split.
 */
export const ucf101: DatasetFormat = {
  detect: (folder) => filesNamed(folder, listName).length > 0,
  read(folder) {
    const lists = filesNamed(folder, listName)
    const [classFile] = filesNamed(folder, classesName)
    const classes = classFile === undefined ? undefined : readClasses(folder.root, classFile)
    const entries = new ListEntries()
    const numbers = new Set<string>()
    for (const path of lists) {
      const [, kind = '', number = ''] = listName.exec(basename(path)) ?? []
      numbers.add(number)
      readLines(folder.root, path, (text) => {
        const [, listed = '', index] = /^(.*?)(?:\s+(\d+))?$/.exec(text) ?? []
        const named = index === undefined ? undefined : classes?.get(Number(index))
        const label = classOf(listed) ?? named
        if (label === undefined) return `"${text}" names no class.`
        if (index !== undefined && classes !== undefined && named === undefined)
          return `${classFile} has no class ${index}.`
        if (named !== undefined && named !== label) return `class ${index} is ${named}, but the folder is ${label}.`
        return entries.addToSplit(listed, label, number, kind.toLowerCase() === 'train' ? 'train' : 'test')
      })
    }
    return {
      source: {
        format: 'lists',
        layout: 'UCF101',
        files: [...(classFile === undefined ? [] : [classFile]), ...lists],
      },
      ...entries.lookUp(new ListedVideos(folder)),
      warnings: [],
      notes: [officialSplits(numbers)],
    }
  },
}

/** A sentence about the split sets of a dataset with official splits. */
export const officialSplits = (numbers: ReadonlySet<string>): string =>
  `It has the official ${numbers.size === 1 ? 'split' : 'splits'} ${formatList([...numbers].toSorted())}, without a validation.`

/** The folder, or the class in a name such as `v_ApplyEyeMakeup_g08_c01.avi`. */
function classOf(listed: string): string | undefined {
  const segments = listed.replaceAll('\\', '/').split('/')
  return segments.at(-2) ?? /^v_(.+)_g\d+_c\d+/i.exec(segments.at(-1) ?? '')?.[1]
}

/** Names by the index that the lists use, which starts at 1. */
function readClasses(root: string, path: string): ReadonlyMap<number, string> {
  const classes = new Map<number, string>()
  readLines(root, path, (text) => {
    const [, index, name] = /^(\d+)\s+(.+)$/.exec(text) ?? []
    if (index === undefined || name === undefined) return `"${text}" is not an index and a name.`
    if (classes.has(Number(index))) return `the index ${index} appears twice.`
    classes.set(Number(index), name)
    return undefined
  })
  return classes
}
