import { basename } from 'node:path/posix'
import type { Split } from '#contract/domain/split.ts'
import type { DatasetFormat } from './format.ts'
import { ListEntries, readLines } from './list-entries.ts'
import { filesNamed } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'
import { officialSplits } from './ucf101.ts'

const listName = /^(.+)_test_split([1-3])\.txt$/i
const codes: Readonly<Record<string, Split | null>> = { '0': null, '1': 'train', '2': 'test' }

/**
 * The lists of HMDB51: `brush_hair_test_split1.txt` to `…3.txt` for each class, with lines such as `name.avi 1`. 1 is training, 2 test, and
 * 0 neither. Each number is an official split.
 */
export const hmdb51: DatasetFormat = {
  detect: (folder) => filesNamed(folder, listName).length > 0,
  read(folder) {
    const lists = filesNamed(folder, listName)
    const entries = new ListEntries()
    const numbers = new Set<string>()
    for (const path of lists) {
      const [, label = '', number = ''] = listName.exec(basename(path)) ?? []
      numbers.add(number)
      readLines(folder.root, path, (text) => {
        const [, name, code = ''] = /^(.+?)\s+(\d+)$/.exec(text) ?? []
        const split = codes[code]
        if (name === undefined || split === undefined) return `"${text}" is not a file name followed by 0, 1 or 2.`
        return entries.addToSplit(`${label}/${name}`, label, number, split)
      })
    }
    return {
      source: { format: 'lists', layout: 'HMDB51', files: lists },
      ...entries.lookUp(new ListedVideos(folder)),
      warnings: [],
      notes: [officialSplits(numbers)],
    }
  },
}
