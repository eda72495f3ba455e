import { join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { formatQuantity } from '#contract/format.ts'
import { correct } from './faults.ts'
import type { DatasetFormat } from './format.ts'
import { ListEntries } from './list-entries.ts'
import { filesNamed, readText, splitInName } from './list-files.ts'
import { readJson } from './list-json.ts'
import { ListedVideos } from './listed-videos.ts'

const layout = 'Diving48'
const listName = /(^|[-_])(train|validation|val|test)\.json$/i
const classesName = /(^|[-_])vocab\.json$/i

const list = z.array(
  z.object({
    vid_name: z.string().min(1),
    label: z.int().nonnegative(),
    start_frame: z.int().nonnegative().optional(),
  }),
)
const vocabulary = z.array(z.union([z.string(), z.array(z.string())]))

/**
 * The lists of Diving48: `Diving48_V2_train.json` and `…_test.json` with the name of a cut video and the index of a class, counted from 0,
 * and `Diving48_vocab.json` with the parts of each name (`["Back", "15som", "05Twis", "FREE"]`), which are joined by blanks.
 */
export const diving48: DatasetFormat = {
  detect: (folder) => divingLists(folder).length > 0,
  read(folder) {
    const lists = divingLists(folder)
    const [classFile] = filesNamed(folder, classesName)
    const classes =
      classFile === undefined
        ? undefined
        : readJson(folder.root, classFile, vocabulary, layout).map((name) =>
            typeof name === 'string' ? name : name.filter((part) => part.trim() !== '').join(' '),
          )
    const entries = new ListEntries()
    let late = 0
    for (const path of lists) {
      const faults: string[] = []
      for (const { vid_name, label, start_frame = 0 } of readJson(folder.root, path, list, layout)) {
        const name = classes === undefined ? String(label) : classes[label]
        if (start_frame > 0) late += 1
        const fault =
          name === undefined
            ? `${classFile} has no class ${label}, which "${vid_name}" has.`
            : entries.add(vid_name, splitInName(path) ?? null, { class: name })
        if (fault !== undefined) faults.push(fault)
      }
      const [first] = faults
      if (first !== undefined)
        throw new StudioError(
          'bad-request',
          `${join(folder.root, path)} has ${formatQuantity(faults.length, 'fault')}, for example: ${first}`,
          correct,
        )
    }
    return {
      source: { format: 'lists', layout, files: [...lists, ...(classFile === undefined ? [] : [classFile])] },
      ...entries.lookUp(new ListedVideos(folder)),
      warnings:
        late === 0
          ? []
          : [
              `${formatQuantity(late, 'video is', 'videos are')} listed with a first frame after 0. The whole videos are used: they were cut before.`,
            ],
      notes:
        classes === undefined ? ['The classes are named by their index. Diving48_vocab.json would name them.'] : [],
    }
  },
}

const divingLists = (folder: Parameters<DatasetFormat['detect']>[0]): string[] =>
  filesNamed(folder, listName).filter((path) =>
    /^\s*\[\s*\{[^}]*"vid_name"/.test(readText(folder.root, path).slice(0, 2000)),
  )
