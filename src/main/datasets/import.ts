import { StudioError } from '#contract/api/errors.ts'
import type { BrokenVideo, DatasetManifest } from '#contract/domain/dataset.ts'
import { defaultFrameRate } from '#contract/domain/frame-rate.ts'
import {
  type AnnotationSource,
  describeLeftOut,
  type ImportReport,
  namedFiles,
  repeatWarnings,
} from '#contract/domain/import-report.ts'
import type { ImportCheck } from '#contract/domain/integrity.ts'
import { defaultDrawing, type SplitDrawing } from '#contract/domain/split-drawing.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'
import { formatQuantity } from '#contract/format.ts'
import type { RunTask } from '../executors/task.ts'
import { endingOf } from './endings.ts'
import { lostClasses } from './formats/classes.ts'
import type { FolderAnnotations } from './formats/format.ts'
import { readAnnotations } from './formats/index.ts'
import { describeFrames } from './frame-folders.ts'
import { type InspectedVideo, inspectVideos } from './inspect-videos.ts'
import { copiesOf } from './integrity/compare.ts'
import { countLeftOut, type LeftOut } from './left-out.ts'
import { buildManifest } from './manifest.ts'
import { type Copies, describeRepeats, sameContents } from './repeats.ts'
import { resolveFolder, type ScannedFolder, scanFolder } from './scan.ts'
import type { CopiedVideo } from './split-groups.ts'
import { drawSplits } from './split.ts'

export interface ImportRequest {
  directory: string
  name: string
  followLinks: boolean
  /** How splits that the folder does not give are drawn, if the user chose it. */
  drawing?: SplitDrawing | undefined
  /** Columns of a table, if the user chose them. */
  columns?: TableColumns | undefined
  /** Frames per second of folders of numbered pictures. */
  frameRate?: number | undefined
  /** `index` reads the headers of the videos alone; by default every frame is decoded. */
  check?: ImportCheck | undefined
  /** Folder of the frame cache, for videos so small that stages use them at the size at which they are shown. */
  frameCache?: string | undefined
}

/** A new manifest, which has a report. */
export type ImportedManifest = DatasetManifest & { report: ImportReport }

/** What was read of a folder. */
export interface ReadFolder {
  readonly manifest: ImportedManifest
  /** Every file that was opened, in the order of the paths. */
  readonly inspected: readonly InspectedVideo[]
  /** Files with the same content. */
  readonly contents: readonly Copies[]
  /** Videos of the folder that its lists do not name. */
  readonly notListed: readonly string[]
}

/**
 * Reads what the names and lists of a folder say about its videos.
 * @throws StudioError `dataset-empty` if there are no videos, `bad-request` for a faulty list of labels
 */
export function openFolder(
  { directory, followLinks, columns, frameRate }: Omit<ImportRequest, 'name' | 'frameCache'>,
  isPreview = false,
): {
  folder: ScannedFolder
  read: FolderAnnotations
} {
  const folder = scanFolder(resolveFolder(directory), { followLinks })
  const read = readAnnotations(folder, { columns, isPreview })
  requireVideos(folder, read)
  const note =
    folder.frameCounts === undefined
      ? []
      : [describeFrames(folder.frameCounts.size, frameRate ?? defaultFrameRate, frameRate !== undefined)]
  return { folder, read: { ...read, notes: [...read.notes, ...note] } }
}

/**
 * Reads a folder of videos into a manifest. Writes nothing.
 * @throws StudioError `dataset-empty` if there are no videos, `dataset-broken` if none can be read, `bad-request` for a faulty list of
 *   labels
 */
export async function readFolder(
  runTask: RunTask,
  { directory, name, followLinks, drawing, columns, frameRate, check, frameCache }: ImportRequest,
  report: (done: number, total: number, path: string) => void,
  signal: AbortSignal,
): Promise<ReadFolder> {
  const { folder, read } = openFolder({ directory, followLinks, columns, frameRate })
  if (drawing?.groupBy.by === 'near-duplicates' && check === 'index')
    throw new StudioError(
      'bad-request',
      'drawing.groupBy: near duplicates are not found if only the headers are read.',
      'Decode every frame (the full check), or group by folder, by name or not at all.',
    )
  // A drawing that is impossible is refused before the videos are opened.
  if (drawing !== undefined) drawSplits(read.annotations, drawing, classDepthOf(read.source))
  // Several parts of a video are one file.
  const paths = [...new Set(read.annotations.map(({ path }) => path))].toSorted()

  let done = 0
  report(0, paths.length, '')
  const all = await inspectVideos(runTask, folder.root, paths, ({ path }) => report(++done, paths.length, path), {
    signal,
    frameCache,
    frameRate,
    check,
  })
  const inspected = all.filter((video) => !isStillPicture(video))
  const readable = inspected.filter((video) => 'facts' in video)
  const others = leftOutOf(folder, read)
  const leftOut = [...others, ...stillPictures(all)]
  if (readable.length === 0) throw allBroken(folder.root, inspected, leftOut)
  const usable = new Set(readable.map(({ path }) => path))
  const annotations = read.annotations.filter(({ path }) => usable.has(path))
  const contents = await sameContents(folder.root, readable, signal)
  const copies = drawing?.groupBy.by === 'near-duplicates' ? await copiedVideos(readable, contents, signal) : []
  const { splits, drawn, warnings } = drawSplits(annotations, drawing, classDepthOf(read.source), copies)
  const repeats = describeRepeats(contents, annotations, splits)
  const elsewhere =
    repeats.elsewhere === 0
      ? []
      : [
          `${formatQuantity(repeats.elsewhere, 'video of one class and split is', 'videos of one class and split are')} in the dataset more than once.`,
        ]
  const manifest = buildManifest({
    name,
    root: folder.root,
    createdAt: new Date().toISOString(),
    annotations,
    inspected,
    missing: filesMissing(read),
    splits,
  })
  const described: ImportReport = {
    source: read.source,
    ...(drawn === 0 ? {} : { drawing: drawing ?? defaultDrawing, drawn }),
    followLinks,
    ...(folder.frameCounts === undefined ? {} : { frameRate: frameRate ?? defaultFrameRate }),
    ...(check === 'index' ? { check } : {}),
    leftOut: countLeftOut(leftOut),
    warnings: [
      ...read.warnings,
      ...warnings,
      ...lostClasses([...read.annotations, ...read.missing], annotations),
      ...repeatWarnings(repeats),
    ],
    notes: [...read.notes, ...elsewhere],
    repeats,
  }
  return { manifest: { ...manifest, report: described }, inspected, contents, notListed: notListed(others) }
}

/** Copies and near duplicates among videos that were decoded. */
async function copiedVideos(
  videos: readonly Extract<InspectedVideo, { facts: unknown }>[],
  contents: readonly Copies[],
  signal: AbortSignal,
): Promise<CopiedVideo[]> {
  const compared = videos.map(({ path, facts: { durationMs }, traits }) => ({
    path,
    durationMs,
    fingerprint: traits?.fingerprint,
  }))
  const { repeated, nearDuplicates } = await copiesOf(compared, contents, undrawn, signal)
  return [...repeated, ...nearDuplicates]
}

/** A dataset before its splits are drawn: any copy can be the one that is kept. */
const undrawn = { videos: [], samples: [], splitSets: [] }

/** Videos that the lists of a folder do not name. */
export const notListed = (leftOut: readonly LeftOut[]): string[] =>
  leftOut.flatMap(({ path, reason }) => (reason === 'not-listed' ? [path] : []))

/** How many folders at the top of a path name the class of its video. */
export const classDepthOf = ({ format }: AnnotationSource): number => (format === 'folder-per-class' ? 1 : 0)

/** What is in the folder and does not belong to the dataset. */
export function leftOutOf(
  { videos, leftOut, otherPaths }: ScannedFolder,
  { source, annotations }: FolderAnnotations,
): LeftOut[] {
  const taken = new Set(annotations.map(({ path }) => path))
  const lists = listsOf(source)
  const takenFiles = otherPaths.size === 0 ? taken : new Set([...taken].map((path) => otherPaths.get(path) ?? path))
  return [
    ...leftOut.filter(({ path }) => !taken.has(path) && !lists.includes(path)),
    ...videos.filter((path) => !takenFiles.has(path)).map((path) => ({ path, reason: 'not-listed' as const })),
  ]
}

/** Listed files that cannot be used. One of which several parts are listed is one file. */
export const filesMissing = ({ missing }: FolderAnnotations): BrokenVideo[] => [
  ...new Map(missing.map(({ path, reason }) => [`${path}\0${reason}`, { path, reason, isMissing: true }])).values(),
]

/** Files that labels were read from. */
const listsOf = (source: AnnotationSource): readonly string[] =>
  source.format === 'labels-csv'
    ? [source.file]
    : source.format === 'webdataset'
      ? [source.classFile ?? []].flat()
      : 'files' in source
        ? source.files
        : []

/** Whether a file with an ending of animations has only one frame. */
const isStillPicture = (video: InspectedVideo): boolean =>
  'facts' in video && video.facts.frameCount === 1 && endingOf(video.path) === '.gif'

const stillPictures = (inspected: readonly InspectedVideo[]): LeftOut[] =>
  inspected.filter(isStillPicture).map(({ path }) => ({ path, reason: 'still-picture' }))

const listedFiles = 5

/** @throws StudioError `dataset-empty` that says what the folder contains instead of videos */
function requireVideos(folder: ScannedFolder, read: FolderAnnotations): void {
  const { root } = folder
  if (read.annotations.length > 0) return
  const { source } = read
  const missing = filesMissing(read)
  const lists = listsOf(source)
  if (lists.length > 0 && missing.length > 0)
    throw new StudioError(
      'dataset-empty',
      `${namedFiles(lists)} in ${root} ${lists.length === 1 ? 'lists' : 'list'} ${formatQuantity(missing.length, 'file')}, of which none can be used:\n${filesText(missing)}`,
      'files' in source && folder.leftOut.some(({ reason }) => reason === 'link')
        ? 'The videos may be behind links, which were not followed: follow them (--follow-links on the command line), or choose the folder that contains both the lists and the videos.'
        : 'files' in source
          ? 'Choose the folder that contains both the lists and the videos.'
          : 'Correct the paths, which start at this folder, or move the file to the folder of the videos.',
    )
  if (folder.videos.length > 0)
    throw new StudioError(
      'dataset-empty',
      `The list of labels in ${root} (${namedFiles(lists)}) names no videos.`,
      'Add one line per video, or remove the list to use one folder per class.',
    )
  const leftOut = countLeftOut(leftOutOf(folder, read))
  throw new StudioError(
    'dataset-empty',
    `The folder ${root} contains no video files.${leftOutText(leftOut)}`,
    leftOut.some(({ reason }) => reason === 'link')
      ? 'Follow the links (--follow-links on the command line), or choose another folder.'
      : 'Choose a folder with one folder of videos per class, or with videos and a labels.csv.',
  )
}

function allBroken(root: string, inspected: readonly InspectedVideo[], leftOut: readonly LeftOut[]): StudioError {
  const broken = inspected.flatMap((video) => ('reason' in video ? [video] : []))
  if (broken.length === 0)
    return new StudioError(
      'dataset-empty',
      `The folder ${root} contains no videos.${leftOutText(countLeftOut(leftOut))}`,
      'Choose a folder with one folder of videos per class, or with videos and a labels.csv.',
    )
  return new StudioError(
    'dataset-broken',
    `None of the ${broken.length} video files in ${root} can be read:\n${filesText(broken)}`,
    'Replace or convert the files, then import the folder again.',
  )
}

const leftOutText = (leftOut: ImportReport['leftOut']): string =>
  leftOut.length === 0 ? '' : ` It contains:\n${leftOut.map(describeLeftOut).join('\n')}`

function filesText(files: readonly BrokenVideo[]): string {
  const listed = files.slice(0, listedFiles).map(({ path, reason }) => `${path}: ${reason}`)
  const more = files.length > listedFiles ? [`and ${files.length - listedFiles} more`] : []
  return [...listed, ...more].join('\n')
}
