import { isMediaFile } from '../endings.ts'
import type { ScannedFolder } from '../scan.ts'
import { classesName, classNamed, indexedClasses, readClasses } from './class-names.ts'
import type { DatasetFormat } from './format.ts'
import { ListEntries, readLines } from './list-entries.ts'
import { filesNamed, linesOf, readText, splitInName } from './list-files.ts'
import { ListedCounts } from './listed-counts.ts'
import { ListedVideos } from './listed-videos.ts'

const listName = /\.(txt|csv|tsv|lst|list)$/i
const sampleLines = 50

/**
 * Lists without a header, one for each split, with a path and a class on each line: `train.txt`, `kinetics400_val_list_videos.txt`, and so on.
 * Separated by blanks, commas, semicolons or tabs; the class first or last, as a name or an index; a number of frames between them is
 * compared with folders of numbered pictures. The names of indices come from a list of classes beside them, such as `classes.txt`.
 */
export const pathLists: DatasetFormat = {
  detect: (folder) => listsOf(folder).length > 0,
  read(folder) {
    const lists = listsOf(folder)
    const [classFile] = filesNamed(folder, classesName).filter((path) => lists.every((list) => list.path !== path))
    const classes = classFile === undefined ? undefined : readClasses(folder.root, classFile)
    const entries = new ListEntries()
    const counts = new ListedCounts()
    for (const { path, layout, headerLine } of lists)
      readLines(folder.root, path, (text, { line: number }) => {
        if (number === headerLine) return undefined
        const line = layout(text)
        if (line === undefined) return `"${text}" is not a path and a class.`
        const label = line.label === '' ? null : classNamed(line.label, classes)
        if (label === undefined) return `${classFile} has no class ${line.label}.`
        counts.add(path, line)
        return entries.add(line.path, splitInName(path) ?? null, { class: label })
      })
    const videos = new ListedVideos(folder)
    const found = entries.lookUp(videos)
    const isIndexed = classes === undefined && lists.some(({ areIndices }) => areIndices)
    return {
      source: {
        format: 'lists',
        layout: 'paths',
        files: [...lists.map(({ path }) => path), ...(classes === undefined ? [] : [classFile ?? ''])],
      },
      ...found,
      warnings: counts.compare(folder, videos, found.annotations),
      notes: isIndexed ? [indexedClasses] : [],
    }
  },
}

interface ListedClass {
  readonly path: string
  /** As written; empty if there is none. */
  readonly label: string
  /** The number of frames, if the line has one. */
  readonly frameCount?: number
}
type Layout = (text: string) => ListedClass | undefined

interface PathList {
  readonly path: string
  readonly layout: Layout
  readonly areIndices: boolean
  /** Undefined if the list has no header. */
  readonly headerLine: number | undefined
}

/** The lists of a folder whose first lines name videos that are in it. */
function listsOf(folder: ScannedFolder): PathList[] {
  const files = filesNamed(folder, listName).filter((path) => splitInName(path) !== undefined)
  if (files.length === 0) return []
  const videos = new ListedVideos(folder)
  return files.flatMap((path): PathList[] => {
    const all = linesOf(readText(folder.root, path)).slice(0, sampleLines)
    const header = all[0] !== undefined && isHeader(all[0].text) ? all[0] : undefined
    // Columns beyond the path and the class are for the user to choose.
    if (header !== undefined && cellsOfHeader(header.text).length > 2) return []
    const lines = header === undefined ? all : all.slice(1)
    const read = layouts.map((layout) => {
      const found = lines.flatMap(({ text }) => layout(text) ?? [])
      return { layout, found, hits: found.filter((line) => 'path' in videos.find(line.path)).length }
    })
    const best = read.reduce((a, b) => (b.hits > a.hits ? b : a))
    if (best.hits === 0) return []
    return [
      {
        path,
        layout: best.layout,
        areIndices: best.found.every(({ label }) => /^\d+$/.test(label)),
        headerLine: header?.line,
      },
    ]
  })
}

const cellsOfHeader = (text: string): string[] =>
  text.split(/\s*[\t,;]\s*|\s+/).map((cell) => cell.replaceAll('"', '').toLowerCase())

const pathTitle = /^(paths?|videos?|files?|clips?|(video|file|clip)[-_]?(paths?|names?|ids?))$/
const otherTitle = /^[a-z][a-z_-]*\d*$/

/** Whether a line names columns: one for the path, and others. */
function isHeader(text: string): boolean {
  const cells = cellsOfHeader(text)
  return cells.length > 1 && cells.every((cell) => otherTitle.test(cell)) && cells.some((cell) => pathTitle.test(cell))
}

/** Ways to read a line, the more exact first. */
const layouts: readonly Layout[] = ['\t', ',', ';']
  .flatMap((separator): Layout[] => [
    (text) => fromCells(text.split(separator)),
    (text) => fromCells(text.split(separator).toReversed()),
  ])
  .concat(
    // A path with blanks ends with the ending of a video, or is followed by an index.
    (text) => fromMatch(/^(?<path>.*\.\w{2,5})(?:\s+(?<frames>\d+))?\s+(?<label>.+)$/.exec(text), true),
    (text) => fromMatch(/^(?<path>.+?)(?:\s+(?<frames>\d+))?\s+(?<label>\d+)$/.exec(text)),
    (text) => fromMatch(/^(?<path>\S+)\s+(?<frames>\d+)\s+(?<label>.+)$/.exec(text)),
    (text) => fromMatch(/^(?<path>\S+)\s+(?<label>.+)$/.exec(text)),
    (text) => fromMatch(/^(?<label>\d+)\s+(?<path>.+)$/.exec(text)),
    (text) => fromMatch(/^(?<label>.+?)\s+(?<path>\S+)$/.exec(text)),
    (text) => (/\s/.test(text) ? undefined : { path: text, label: '' }),
  )

/** The path is first; a second of three cells is a number of frames. */
function fromCells(cells: readonly string[]): ListedClass | undefined {
  const [path, ...others] = cells.map((cell) => cell.trim().replaceAll(/^"|"$/g, ''))
  const hasFrames = others.length === 2 && /^\d+$/.test(others[0] ?? '')
  const label = hasFrames ? others[1] : others[0]
  if (path === undefined || label === undefined || path === '') return undefined
  return { path, label, ...(hasFrames ? { frameCount: Number(others[0]) } : {}) }
}

function fromMatch(match: RegExpExecArray | null, mustBeVideo = false): ListedClass | undefined {
  if (match === null) return undefined
  const { path = '', label = '', frames } = match.groups ?? {}
  if (mustBeVideo && !isMediaFile(path)) return undefined
  return { path, label, ...(frames === undefined ? {} : { frameCount: Number(frames) }) }
}
