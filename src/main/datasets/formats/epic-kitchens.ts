import { join } from 'node:path'
import { basename } from 'node:path/posix'
import { canonicalName } from '#contract/canonical-name.ts'
import { formatList } from '#contract/format.ts'
import type { ScannedFolder } from '../scan.ts'
import { millisecondsOf } from './clock.ts'
import { readRows } from './csv.ts'
import { type Fault, faulty } from './faults.ts'
import type { Annotation, DatasetFormat } from './format.ts'
import { ListEntries } from './list-entries.ts'
import { filesNamed, readText, splitInName } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'

const listName = /\.csv$/i
/** Beside them, the annotations have lists for retrieval and domain adaptation with the same header. */
const officialName = /^EPIC_(100_)?(train|validation|test)(_timestamps|_segments|_action_labels)?\.csv$/i
const columns = ['video_id', 'start_timestamp', 'stop_timestamp'] as const

/** Label sets with the column that has the index, and the list that has the names. */
const labelSets = [
  { name: 'verb', column: 'verb_class', file: /(^|_)verb_classes\.csv$/i },
  { name: 'noun', column: 'noun_class', file: /(^|_)noun_classes\.csv$/i },
] as const

/**
 * The lists of EPIC-Kitchens: `EPIC_100_train.csv`, `EPIC_100_validation.csv` and `EPIC_100_test_timestamps.csv`, also those of
 * EPIC-Kitchens-55. A line is a part of a longer video, with an index in each of the label sets `verb` and `noun`; their names are in
 * `EPIC_100_verb_classes.csv` and `EPIC_100_noun_classes.csv`. A file with the name of the narration is the part, already cut.
 */
export const epicKitchens: DatasetFormat = {
  detect: (folder) => epicLists(folder).length > 0,
  read(folder) {
    const lists = epicLists(folder)
    const videos = new ListedVideos(folder)
    const names = labelSets.map((set) => ({ ...set, ...readClasses(folder, set.file) }))
    const entries = new ListEntries()
    const isLabelled = new Set<string>()
    for (const path of lists) {
      const file = join(folder.root, path)
      const [header, ...rows] = readRows(readText(folder.root, path), file)
      const cellOf = cellsBy(header?.cells ?? [])
      const split = splitInName(path) ?? null
      const faults: Fault[] = []
      for (const { line, cells } of rows) {
        const cell = (name: string) => cellOf(cells, name)
        const labels: Record<string, string | null> = {}
        const problems: string[] = []
        for (const { name, column, classes, path: classFile } of names) {
          const index = cell(column)
          const label = index === '' ? null : classes === undefined ? index : classes.get(index)
          if (label === undefined) problems.push(`${classFile} has no ${name} ${index}.`)
          labels[name] = label ?? null
          if (label !== null) isLabelled.add(name)
        }
        const [video, start, end] = columns.map(cell)
        const part = { startMs: millisecondsOf(start ?? ''), endMs: millisecondsOf(end ?? '') }
        if (video === undefined || video === '') problems.push('video_id is empty.')
        if (part.startMs === undefined) problems.push(`start_timestamp "${start}" is not a time such as 00:01:02.50.`)
        if (part.endMs === undefined) problems.push(`stop_timestamp "${end}" is not a time such as 00:01:02.50.`)
        if (part.startMs !== undefined && part.endMs !== undefined && part.endMs <= part.startMs)
          problems.push(`stop_timestamp "${end}" is not after start_timestamp "${start}".`)
        const [problem = add(entries, videos, video ?? '', narrationOf(cell), split, labels, part)] = problems
        if (problem !== undefined) faults.push({ line, problem })
      }
      if (faults.length > 0) throw faulty(file, faults)
    }
    const unnamed = names.filter(({ name, classes }) => classes === undefined && isLabelled.has(name))
    return {
      source: {
        format: 'lists',
        layout: 'EPIC-Kitchens',
        files: [...lists, ...names.flatMap(({ path }) => path ?? [])],
      },
      ...entries.lookUp(videos),
      warnings: [],
      notes:
        unnamed.length === 0
          ? []
          : [
              `The classes of ${formatList(unnamed.map(({ name }) => name))} are named by their index. ${formatList(unnamed.map(({ name }) => `EPIC_100_${name}_classes.csv`))} would name them.`,
            ],
    }
  },
}

function epicLists(folder: ScannedFolder): string[] {
  const lists = filesNamed(folder, listName).filter((path) => {
    const [header = ''] = readText(folder.root, path).split(/\r\n|\n|\r/, 1)
    const names = header.split(',').map((cell) => canonicalName(cell).replaceAll('"', '').toLowerCase())
    return columns.every((column) => names.includes(column)) && splitInName(path) !== undefined
  })
  const official = lists.filter((path) => officialName.test(basename(path)))
  return official.length > 0 ? official : lists
}

/** Reads a cell by the name of its column; empty if there is none. */
function cellsBy(header: readonly string[]): (cells: readonly string[], name: string) => string {
  const positions = new Map(header.map((name, index) => [name.toLowerCase(), index]))
  return (cells, name) => cells[positions.get(name) ?? -1] ?? ''
}

/** EPIC-Kitchens-55 has `uid` instead. */
const narrationOf = (cell: (name: string) => string): string =>
  cell('narration_id') === '' ? cell('uid') : cell('narration_id')

/** Adds a cut video, or the part of a longer one. */
function add(
  entries: ListEntries,
  videos: ListedVideos,
  video: string,
  narration: string,
  split: Annotation['split'],
  labels: Annotation['labels'],
  { startMs = 0, endMs = 0 }: { startMs: number | undefined; endMs: number | undefined },
): string | undefined {
  // A number alone, as in EPIC-Kitchens-55, could be the name of any file.
  const isCut = /\D/.test(narration) && 'path' in videos.find(narration)
  return isCut
    ? entries.add(narration, split, labels)
    : entries.add(video, split, labels, { startMs, endMs }, narration === '' ? undefined : narration)
}

/** Names by index, from the columns `id` and `key` (`verb_id` and `class_key` in EPIC-Kitchens-55). */
function readClasses(
  folder: ScannedFolder,
  name: RegExp,
): { readonly path?: string; readonly classes?: ReadonlyMap<string, string> } {
  const [path] = filesNamed(folder, name)
  if (path === undefined) return {}
  const file = join(folder.root, path)
  const [header, ...rows] = readRows(readText(folder.root, path), file)
  const names = (header?.cells ?? []).map((cell) => cell.toLowerCase())
  const [id, key] = [
    names.findIndex((cell) => /^((verb|noun)_)?id$/.test(cell)),
    names.findIndex((cell) => /^(class_)?key$/.test(cell)),
  ]
  if (id === -1 || key === -1)
    throw faulty(file, [{ line: header?.line ?? 1, problem: 'the header has no columns id and key.' }])
  return { path, classes: new Map(rows.map(({ cells }) => [cells[id] ?? '', cells[key] ?? ''])) }
}
