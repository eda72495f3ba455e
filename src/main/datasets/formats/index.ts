import { namedFiles } from '#contract/domain/import-report.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'
import { formatQuantity } from '#contract/format.ts'
import { numberedPictures } from '../numbered-pictures.ts'
import type { ScannedFolder } from '../scan.ts'
import { ava } from './ava.ts'
import { readChosenColumns } from './chosen-columns.ts'
import { shortened, unifyClasses } from './classes.ts'
import { diving48 } from './diving48.ts'
import { epicKitchens } from './epic-kitchens.ts'
import { folderPerClass, splitFolders } from './folders.ts'
import type { DatasetFormat, FolderAnnotations } from './format.ts'
import { hmdb51 } from './hmdb51.ts'
import { kineticsCsv } from './kinetics-csv.ts'
import { hasOtherHeader, labelsCsv } from './labels-csv.ts'
import { momentsInTime } from './moments.ts'
import { pathLists } from './path-lists.ts'
import { somethingSomething } from './something-something.ts'
import { type VideoTable, videoTablesOf } from './tables.ts'
import { ucf101 } from './ucf101.ts'
import { webDataset } from './webdataset.ts'

/** In the order in which they are tried. A folder that fits none has one folder per class. */
const formats: readonly DatasetFormat[] = [
  labelsCsv,
  webDataset,
  ucf101,
  hmdb51,
  kineticsCsv,
  epicKitchens,
  ava,
  somethingSomething,
  diving48,
  momentsInTime,
  pathLists,
  splitFolders,
]

export interface ReadOptions {
  /** Columns of a table that the user chose; no other format is tried then. */
  readonly columns?: TableColumns | undefined
  /** For a preview, in which the user can choose the columns of a `labels.csv` with another header. */
  readonly isPreview?: boolean
}

/**
 * Reads the annotations of a dataset folder in the first format that fits it.
 * @throws StudioError `bad-request` that names the file and the lines
 */
export function readAnnotations(
  folder: ScannedFolder,
  { columns, isPreview = false }: ReadOptions = {},
): FolderAnnotations {
  if (columns !== undefined) return complete(folder, readChosenColumns(folder, columns))
  const tried =
    isPreview && hasOtherHeader(folder) && videoTablesOf(folder).length > 0
      ? formats.filter((format) => format !== labelsCsv)
      : formats
  const read = (tried.find((format) => format.detect(folder)) ?? folderPerClass).read(folder)
  return complete(folder, { ...read, warnings: [...read.warnings, ...unreadTables(folder, read)] })
}

/** Adds what does not depend on the format. */
const complete = (folder: ScannedFolder, read: FolderAnnotations): FolderAnnotations =>
  unifyClasses(
    withPictures(folder, {
      ...read,
      warnings: [...read.warnings, ...(folder.warnings ?? []), ...behindLinks(folder, read)],
    }),
  )

/** Warns that missing videos may be behind links. A `labels.csv` names them by their whole path, so that each has its own reason. */
function behindLinks({ leftOut }: ScannedFolder, { source, missing }: FolderAnnotations): string[] {
  const links = leftOut.filter(({ reason }) => reason === 'link').map(({ path }) => path)
  const count = new Set(missing.map(({ path }) => path)).size
  return links.length === 0 || count === 0 || !('files' in source)
    ? []
    : [
        `${formatQuantity(count, 'listed video was', 'listed videos were')} not found, and ${formatQuantity(links.length, 'link was', 'links were')} not followed: ${shortened(links)}. If the videos are behind ${links.length === 1 ? 'it' : 'them'}, follow links.`,
      ]
}

/** Says that the videos of a folder are pictures. */
const withPictures = ({ hasPictures, videos, tarFiles }: ScannedFolder, read: FolderAnnotations): FolderAnnotations =>
  hasPictures
    ? {
        ...read,
        warnings: [...read.warnings, ...(tarFiles === undefined ? numberedPictures(videos) : [])],
        notes: [
          ...read.notes,
          'The folder has pictures and no videos. Each picture is a video of one frame, which the image teacher can be trained on.',
        ],
      }
    : read

/** Tables that name videos of a folder and that no format reads: the user may choose their columns. */
export function choosableTables(folder: ScannedFolder, { source }: FolderAnnotations): VideoTable[] {
  return source.format === 'labels-csv' || source.format === 'lists' ? [] : videoTablesOf(folder)
}

function unreadTables(folder: ScannedFolder, read: FolderAnnotations): string[] {
  return choosableTables(folder, read).map(
    ({ table: { files, header } }) =>
      `${namedFiles(files)} ${files.length === 1 ? 'names videos and was' : 'name videos and were'} not read, because no format has the header ${shortened(header)}. Choose the columns (--columns on the command line) to take labels and splits from ${files.length === 1 ? 'it' : 'them'}.`,
  )
}
