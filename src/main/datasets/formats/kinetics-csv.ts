import { join } from 'node:path'
import { canonicalName } from '#contract/canonical-name.ts'
import { readRows, type Row } from './csv.ts'
import { type Fault, faulty } from './faults.ts'
import type { Annotation, DatasetFormat, MissingFile } from './format.ts'
import { filesNamed, readText, splitInName, splitNamedInLists } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'

const listName = /\.csv$/i
const columns = ['youtube_id', 'time_start', 'time_end'] as const

/**
 * The lists of Kinetics-400, 600 and 700: a CSV for each split with `label,youtube_id,time_start,time_end,split`, without `label` for a
 * test. A video is `<id>_<start>_<end>` with six digits each, as it is usually cut, or `<id>`, of which these seconds are used.
 */
export const kineticsCsv: DatasetFormat = {
  detect: (folder) => kineticsFiles(folder).length > 0,
  read(folder) {
    const lists = kineticsFiles(folder)
    const videos = new ListedVideos(folder)
    const annotations: Annotation[] = []
    const missing: MissingFile[] = []
    const listed = new Map<string, string>()
    for (const path of lists) {
      const file = join(folder.root, path)
      const [header, ...rows] = readRows(readText(folder.root, path), file)
      const names = header?.cells.map((cell) => cell.toLowerCase()) ?? []
      const faults: Fault[] = []
      for (const row of rows) {
        const clip = readClip(row, names)
        if (typeof clip === 'string') {
          faults.push({ line: row.line, problem: clip })
          continue
        }
        const key = `${clip.id} ${clip.start} ${clip.end}`
        const earlier = listed.get(key)
        if (earlier !== undefined) {
          faults.push({ line: row.line, problem: `this part of ${clip.id} is listed before, in ${earlier}.` })
          continue
        }
        listed.set(key, `${path}, line ${row.line}`)
        const split = clip.split === '' ? splitInName(path) : splitNamedInLists(clip.split)
        if (split === undefined) {
          faults.push({
            line: row.line,
            problem: `the split "${clip.split}" is not one of train, validation and test.`,
          })
          continue
        }
        const annotation = { split, labels: { class: clip.label } }
        const found = findClip(videos, clip)
        if ('reason' in found) missing.push({ ...annotation, path: cutName(clip), reason: found.reason })
        else annotations.push({ ...annotation, ...found })
      }
      if (faults.length > 0) throw faulty(file, faults)
    }
    return {
      source: { format: 'lists', layout: 'Kinetics', files: lists },
      annotations,
      missing,
      warnings: [],
      notes: [],
    }
  },
}

const kineticsFiles = (folder: Parameters<DatasetFormat['detect']>[0]): string[] =>
  filesNamed(folder, listName).filter((path) => {
    const [header = ''] = readText(folder.root, path).split(/\r\n|\n|\r/, 1)
    const names = header.split(',').map((cell) => canonicalName(cell).replaceAll('"', '').toLowerCase())
    return columns.every((column) => names.includes(column))
  })

interface Clip {
  readonly id: string
  /** Seconds. */
  readonly start: number
  readonly end: number
  readonly label: string | null
  /** As written; empty if there is none. */
  readonly split: string
}

/** The clip of a row, or what is wrong with the row, as a sentence. */
function readClip({ cells }: Row, names: readonly string[]): Clip | string {
  const cell = (name: string): string => cells[names.indexOf(name)] ?? ''
  const [id, start, end] = [cell('youtube_id'), Number(cell('time_start')), Number(cell('time_end'))]
  if (id === '') return 'youtube_id is empty.'
  if (cell('time_start') === '' || !Number.isFinite(start) || start < 0)
    return `time_start "${cell('time_start')}" is not a number of seconds.`
  if (!Number.isFinite(end) || end <= start) return `time_end "${cell('time_end')}" is not after time_start.`
  return { id, start, end, label: cell('label') === '' ? null : cell('label'), split: cell('split') }
}

/** A cut video, or the part of a longer one. */
function findClip(videos: ListedVideos, clip: Clip): Pick<Annotation, 'path' | 'part'> | { reason: string } {
  const folders = clip.label === null ? [''] : [`${clip.label}/`, `${clip.label.replaceAll(' ', '_')}/`]
  for (const name of [cutName(clip), `${clip.id}_${clip.start}_${clip.end}`])
    for (const folder of folders) {
      const cut = videos.find(folder + name)
      if ('path' in cut) return { path: cut.path }
    }
  const whole = videos.find(clip.id)
  return 'path' in whole
    ? { path: whole.path, part: { startMs: clip.start * 1000, endMs: clip.end * 1000 } }
    : { reason: 'The file is not in the folder.' }
}

const digits = (seconds: number): string => String(Math.round(seconds)).padStart(6, '0')
const cutName = ({ id, start, end }: Clip): string => `${id}_${digits(start)}_${digits(end)}`
