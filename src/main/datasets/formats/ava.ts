import { join } from 'node:path'
import { basename } from 'node:path/posix'
import type { Split } from '#contract/domain/split.ts'
import { formatQuantity } from '#contract/format.ts'
import type { ScannedFolder } from '../scan.ts'
import { actionsOf } from './ava-actions.ts'
import { shortened } from './classes.ts'
import { type Row, readRows } from './csv.ts'
import { type Fault, faulty } from './faults.ts'
import type { Annotation, AnnotatedBox, DatasetFormat, MissingFile } from './format.ts'
import { filesNamed, readText, splitInName } from './list-files.ts'
import { ListedVideos } from './listed-videos.ts'

const listName = /^ava_(train|val|test)(_v\d+(\.\d+)*)?\.csv$/i
const excludedName = /^ava_(train|val|test)_excluded_timestamps(_v\d+(\.\d+)*)?\.csv$/i
/** Rows are labelled for the three seconds around their time. */
const halfSpanMs = 1500
/** Copies of the films are cut to the part that is annotated. */
const cut = { startMs: 900_000, endMs: 1_801_000 }

/**
 * AVA: `ava_train_v2.2.csv` and `ava_val_v2.2.csv`, without a header, with a box, one of its actions and the number of its person on each line.
 * A sample is the three seconds around a keyframe with all of its boxes. The names of actions are in `ava_action_list_*.pbtxt`; keyframes in
 * `ava_*_excluded_timestamps_*.csv` are left out.
 */
export const ava: DatasetFormat = {
  detect: (folder) => filesNamed(folder, listName).length > 0,
  read(folder) {
    const lists = filesNamed(folder, listName)
    const excludedLists = filesNamed(folder, excludedName)
    const excluded = new Set(excludedLists.flatMap((path) => keyframesIn(folder, path)))
    const { path: actionFile, nameOf } = actionsOf(folder)
    const keyframes = new Keyframes()
    for (const path of lists) readList(folder, path, keyframes)
    const videos = new ListedVideos(folder)
    const annotations: Annotation[] = []
    const missing: MissingFile[] = []
    const unlisted = { labels: 0, actions: new Set<string>() }
    let dropped = 0
    for (const [key, { video, atMs, split, boxes }] of keyframes.all) {
      const found = videos.find(video)
      if ('reason' in found) missing.push({ path: video, split, labels: {}, reason: found.reason })
      else if (excluded.has(key)) dropped += 1
      else {
        const named = [...boxes.values()].map(({ actions, ...box }): AnnotatedBox => {
          const names = [...actions].map((action) => ({ action, name: nameOf(action) }))
          for (const { action, name } of names)
            if (name === undefined) {
              unlisted.labels += 1
              unlisted.actions.add(action)
            }
          return { ...box, atMs, labels: names.flatMap(({ name }) => name ?? []).toSorted() }
        })
        const part = { startMs: atMs - halfSpanMs, endMs: atMs + halfSpanMs, cut }
        annotations.push({ path: found.path, split, labels: {}, part, boxes: named })
      }
    }
    return {
      source: {
        format: 'lists',
        layout: 'AVA',
        files: [...lists, ...excludedLists, ...(actionFile === undefined ? [] : [actionFile])],
      },
      annotations,
      missing,
      warnings:
        keyframes.withoutArea.length === 0
          ? []
          : [
              `${formatQuantity(keyframes.withoutArea.length, 'box has', 'boxes have')} no area and ${keyframes.withoutArea.length === 1 ? 'was' : 'were'} left out: ${shortened(keyframes.withoutArea)}.`,
            ],
      notes: [
        ...(actionFile === undefined
          ? ['The actions are named by their number. ava_action_list_v2.2.pbtxt would name them.']
          : []),
        ...(unlisted.labels === 0
          ? []
          : [
              `${formatQuantity(unlisted.labels, 'label', 'labels')} of ${formatQuantity(unlisted.actions.size, 'action')} that ${actionFile} does not have ${unlisted.labels === 1 ? 'was' : 'were'} left out.`,
            ]),
        ...(dropped === 0
          ? []
          : [`${formatQuantity(dropped, 'excluded keyframe was', 'excluded keyframes were')} left out.`]),
      ],
    }
  },
}

interface Keyframe {
  readonly video: string
  readonly atMs: number
  readonly split: Split | null
  /** By coordinates and person. */
  readonly boxes: Map<string, Omit<AnnotatedBox, 'labels' | 'atMs'> & { readonly actions: Set<string> }>
}

class Keyframes {
  /** By video and time. */
  readonly all = new Map<string, Keyframe>()
  /** Where boxes without an area are listed. */
  readonly withoutArea: string[] = []

  /** @returns what contradicts an earlier line, as a sentence */
  at(video: string, atMs: number, split: Split | null): Keyframe | string {
    const key = keyOf(video, atMs)
    const known = this.all.get(key) ?? { video, atMs, split, boxes: new Map() }
    if (known.split !== split) return `the time ${atMs / 1000} of "${video}" is in two lists.`
    this.all.set(key, known)
    return known
  }
}

const keyOf = (video: string, atMs: number): string => `${video}\0${atMs}`

/** Whether a first row names the columns. */
const isHeader = ({ cells }: Row): boolean => cells[0]?.toLowerCase() === 'video_id'

/** @throws StudioError `bad-request` that names the file and every faulty line */
function readList(folder: ScannedFolder, path: string, keyframes: Keyframes): void {
  const split = splitInName(path) ?? null
  const faults: Fault[] = []
  for (const [index, row] of readRows(readText(folder.root, path), join(folder.root, path)).entries()) {
    if (index === 0 && isHeader(row)) continue
    const problem = readRow(row, path, split, keyframes)
    if (problem !== undefined) faults.push({ line: row.line, problem })
  }
  if (faults.length > 0) throw faulty(join(folder.root, path), faults)
}

/** Detectors leave the frame by a rounding error. */
const outside = 0.01

/** @returns what is wrong with a row, as a sentence */
function readRow({ line, cells }: Row, path: string, split: Split | null, keyframes: Keyframes): string | undefined {
  const [video = '', time = '', ...rest] = cells
  const [action = '', person = ''] = rest.slice(4)
  const corners = rest.slice(0, 4)
  const atMs = secondsOf(time)
  if (video === '') return 'the video is empty.'
  if (atMs === undefined) return `"${time}" is not a time in seconds.`
  const keyframe = keyframes.at(video, atMs, split)
  if (typeof keyframe === 'string') return keyframe
  // A keyframe without persons.
  if (corners.every((cell) => cell === '') && action === '') return undefined
  const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = corners.map((cell) => (cell === '' ? NaN : Number(cell)))
  if ([x1, y1, x2, y2].some((share) => !(share >= -outside && share <= 1 + outside)))
    return `the box ${corners.join(', ')} is not four shares of the width and height, from 0 to 1.`
  if (action !== '' && !/^\d+$/.test(action)) return `the action "${action}" is not a number.`
  if (person !== '' && !/^\d+$/.test(person)) return `the person "${person}" is not a number.`
  const [left, top, right, bottom] = [x1, y1, x2, y2].map((share) => Math.min(1, Math.max(0, share))) as [
    number,
    number,
    number,
    number,
  ]
  if (right <= left || bottom <= top) {
    keyframes.withoutArea.push(`${basename(path)}, line ${line}`)
    return undefined
  }
  const key = [left, top, right, bottom, person].join(' ')
  const box = keyframe.boxes.get(key) ?? {
    x: left,
    y: top,
    width: right - left,
    height: bottom - top,
    ...(person === '' ? {} : { person: Number(person) }),
    actions: new Set<string>(),
  }
  if (action !== '') box.actions.add(String(Number(action)))
  keyframe.boxes.set(key, box)
  return undefined
}

/** Times are whole seconds, with zeros before them (`0902`). */
function secondsOf(time: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(time) ? Math.round(Number(time) * 1000) : undefined
}

/** The keyframes that a list excludes. @throws StudioError `bad-request` that names the file and every faulty line */
function keyframesIn(folder: ScannedFolder, path: string): string[] {
  const faults: Fault[] = []
  const keys = readRows(readText(folder.root, path), join(folder.root, path)).flatMap((row, index) => {
    const [video = '', time = ''] = row.cells
    const atMs = secondsOf(time)
    if (index === 0 && isHeader(row)) return []
    if (video !== '' && atMs !== undefined) return [keyOf(video, atMs)]
    faults.push({ line: row.line, problem: `"${row.cells.join(',')}" is not a video and a time in seconds.` })
    return []
  })
  if (faults.length > 0) throw faulty(join(folder.root, path), faults)
  return keys
}
