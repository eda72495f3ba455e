import { join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { formatQuantity } from '#contract/format.ts'
import { unknownClasses } from './classes.ts'
import { correct } from './faults.ts'
import type { DatasetFormat } from './format.ts'
import { ListEntries, readLines } from './list-entries.ts'
import { filesNamed, readText, splitInName } from './list-files.ts'
import { readJson } from './list-json.ts'
import { ListedVideos } from './listed-videos.ts'

const layout = 'Something-Something v2'
const listName = /(^|[-_])(train|validation|val|test)\.json$/i
const classesName = /(^|[-_])labels\.json$/i
const answersName = /(^|[-_])test[-_]answers\.csv$/i

const entry = z.object({ id: z.union([z.string(), z.int().transform(String)]), template: z.string().optional() })
const list = z.array(entry)
const classIndex = z.record(z.string(), z.union([z.string(), z.int()]))

/**
 * The lists of Something-Something v2: `train.json`, `validation.json` and `test.json` with an id and a template
 * (`Holding [something] next to [something]`), `labels.json` with all classes, and `test-answers.csv` (`id;class`). A class is a template
 * without brackets; the video is `<id>.webm`.
 */
export const somethingSomething: DatasetFormat = {
  detect: (folder) =>
    filesNamed(folder, listName).some((path) =>
      /^\s*\[\s*\{[^}]*"id"/.test(readText(folder.root, path).slice(0, 2000)),
    ),
  read(folder) {
    const lists = filesNamed(folder, listName)
    const [classFile] = filesNamed(folder, classesName)
    const [answersFile] = filesNamed(folder, answersName)
    const classes =
      classFile === undefined
        ? undefined
        : new Set(Object.keys(readJson(folder.root, classFile, classIndex, layout)).map(withoutBrackets))
    const answers = answersFile === undefined ? undefined : readAnswers(folder.root, answersFile)
    const entries = new ListEntries()
    const unknown = new Set<string>()
    for (const path of lists) {
      const split = splitInName(path) ?? null
      const twice: string[] = []
      for (const { id, template } of readJson(folder.root, path, list, layout)) {
        const name = template ?? answers?.get(id)
        const label = name === undefined ? null : withoutBrackets(name)
        if (label !== null && classes?.has(label) === false) unknown.add(label)
        if (entries.add(id, split, { class: label }) !== undefined) twice.push(id)
      }
      if (twice.length > 0)
        throw new StudioError(
          'bad-request',
          `${join(folder.root, path)} lists ${formatQuantity(twice.length, 'id')} again, for example ${twice[0]}.`,
          correct,
        )
    }
    return {
      source: {
        format: 'lists',
        layout,
        files: [...lists, ...[classFile, answersFile].filter((path) => path !== undefined)],
      },
      ...entries.lookUp(new ListedVideos(folder)),
      warnings: unknownClasses(unknown, classFile),
      notes: [],
    }
  },
}

const withoutBrackets = (template: string): string => template.replaceAll(/[[\]]/g, '')

/** Classes by the id of the test video. */
function readAnswers(root: string, path: string): ReadonlyMap<string, string> {
  const answers = new Map<string, string>()
  readLines(root, path, (text) => {
    const [, id, label] = /^(\d+);(.+)$/.exec(text) ?? []
    if (id === undefined || label === undefined) return `"${text}" is not an id and a class, separated by a semicolon.`
    answers.set(id, label.replaceAll(/^"|"$/g, ''))
    return undefined
  })
  return answers
}
