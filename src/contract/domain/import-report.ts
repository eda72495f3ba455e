import { z } from 'zod'
import { formatList, formatQuantity } from '../format.ts'
import { frameRate } from './frame-rate.ts'
import { splitDrawing } from './split-drawing.ts'
import { splitSchema } from './split.ts'
import { describeColumns, type TableColumns, tableColumns } from './table-columns.ts'

/** Why a file or folder below the imported folder does not belong to the dataset. */
export const leftOutReasons = [
  /** A link, and links are not followed. */
  'link',
  /** A link whose target does not exist. */
  'dead-link',
  /** A link to a folder that contains the link. */
  'link-loop',
  /** A link to a file or folder that belongs to the dataset under another path. */
  'same-file',
  /** The name begins with a dot. */
  'hidden',
  /** A folder that the operating system or a storage device keeps for itself. */
  'system-folder',
  /** The ending of the name is not one of a video. */
  'ending',
  /** The ending is one of a video and of other files, and the content is not a video. */
  'not-video',
  /** A picture: a GIF with a single frame. */
  'still-picture',
  /** The bytes of the name are not UTF-8. */
  'name-encoding',
  /** A pipe, a socket or a device. */
  'special',
  /** A video that the list of labels does not name. */
  'not-listed',
  /** In a tar file beside its videos. */
  'in-tar',
] as const
export type LeftOutReason = (typeof leftOutReasons)[number]

const leftOut = z.object({
  reason: z.enum(leftOutReasons),
  /** For the reason `ending`: the ending in lower case, with its dot; empty for a name without one. */
  ending: z.string().optional(),
  count: z.int().positive(),
  /** The first paths; a folder ends with a slash. */
  examples: z.array(z.string()),
})
export type LeftOutFiles = z.infer<typeof leftOut>

/** How labels and splits were read. */
const annotationSource = z.discriminatedUnion('format', [
  z.object({ format: z.literal('folder-per-class') }),
  z.object({
    format: z.literal('split-folders'),
    folders: z.array(z.object({ name: z.string(), split: splitSchema })),
  }),
  z.object({
    format: z.literal('labels-csv'),
    file: z.string(),
    /** Such as `UTF-8` or `windows-1252`. */
    encoding: z.string(),
    delimiter: z.string(),
  }),
  z.object({
    format: z.literal('lists'),
    /** Name of the dataset whose lists these are, or of their layout. */
    layout: z.enum([
      'UCF101',
      'HMDB51',
      'Kinetics',
      'Something-Something v2',
      'Moments in Time',
      'Diving48',
      'EPIC-Kitchens',
      'AVA',
      'paths',
    ]),
    files: z.array(z.string()),
  }),
  z.object({
    format: z.literal('webdataset'),
    /** Number of tar files. */
    tarFiles: z.int().positive(),
    /** What names the classes: files of one ending, or nothing. */
    classes: z.enum(['cls', 'json', 'txt']).nullable(),
    /** The list that names the indices of classes. */
    classFile: z.string().optional(),
  }),
  z.object({
    format: z.literal('table'),
    /** Tables with the same header. */
    files: z.array(z.string()),
    /** As the user chose them. */
    columns: tableColumns,
  }),
])
export type AnnotationSource = z.infer<typeof annotationSource>
export type ListLayout = Extract<AnnotationSource, { format: 'lists' }>['layout']

const repeatedContents = z.object({
  /** Contents, each of which may be in many files. */
  count: z.int().nonnegative(),
  /** Paths of the files with each of the first contents, at least two. */
  examples: z.array(z.array(z.string()).min(2)),
})

/** Videos with the same content. */
const repeats = z.object({
  /** In more than one split. */
  acrossSplits: repeatedContents,
  /** In more than one class of a label set. */
  acrossClasses: repeatedContents,
  /** Further contents that are in the dataset more than once. */
  elsewhere: z.int().nonnegative(),
})
export type Repeats = z.infer<typeof repeats>

/** What an import took, what it left out, and what a person should know about it. */
export const importReport = z.object({
  source: annotationSource,
  /** How splits were drawn. Absent if none were, and from reports of earlier versions. */
  drawing: splitDrawing.optional(),
  /** Videos whose split was drawn. */
  drawn: z.int().positive().optional(),
  /** Whether links were followed. */
  followLinks: z.boolean(),
  /** Frames per second of the folders of numbered pictures, as chosen. Absent if the videos are files. */
  frameRate: frameRate.optional(),
  /** Absent if every frame was decoded. */
  check: z.literal('index').optional(),
  leftOut: z.array(leftOut),
  /** What may be wrong. */
  warnings: z.array(z.string()),
  /** What was changed or inferred without doubt. */
  notes: z.array(z.string()),
  repeats,
})
export type ImportReport = z.infer<typeof importReport>

/** What to know of a dataset of which only headers were read. */
export const indexNote = (name: string): string =>
  `Only headers were read. "dataset verify ${name}" decodes every video, also while runs train on them.`

/** The columns that the user chose for an import, with which it can be repeated. Undefined if no table was read by columns. */
export const chosenColumns = (report: ImportReport | null | undefined): TableColumns | undefined =>
  report?.source.format === 'table' ? report.source.columns : undefined

const delimiterNames: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
}

const namedLists = 4

/** Files in words; those after the fourth are counted. */
export const namedFiles = (files: readonly string[]): string =>
  formatList(
    files.length <= namedLists ? files : [...files.slice(0, namedLists - 1), `${files.length - namedLists + 1} more`],
  )

/** How labels and splits were read, as a sentence. */
export function describeSource(source: AnnotationSource): string {
  switch (source.format) {
    case 'folder-per-class':
      return 'Read as one folder per class.'
    case 'split-folders': {
      const folders = source.folders.map(({ name, split }) => (name === split ? name : `${name} (${split})`))
      return `Read as one folder per split with one folder per class: ${folders.join(', ')}.`
    }
    case 'labels-csv': {
      const { file, encoding, delimiter } = source
      return `Labels and splits were read from ${file}: ${encoding}, separated by ${delimiterNames[delimiter] ?? delimiter}.`
    }
    case 'lists':
      return `Labels and splits were read from lists (${source.layout === 'paths' ? 'paths and classes' : source.layout}): ${namedFiles(source.files)}.`
    case 'webdataset': {
      const { tarFiles, classes, classFile } = source
      const from = classes === null ? 'no file has classes' : `classes from the files .${classes}`
      return `Read as a WebDataset of ${formatQuantity(tarFiles, 'tar file')}: ${from}${classFile === undefined ? '' : `, named by ${classFile}`}.`
    }
    case 'table':
      return `Labels and splits were read from the columns of ${namedFiles(source.files)}: ${describeColumns({ ...source.columns, table: undefined })}.`
  }
}

/** What was left out and why, as a phrase that follows its count: `3 links: not followed`. */
export function describeLeftOut({ reason, ending, count }: LeftOutFiles): string {
  const files = formatQuantity(count, 'file')
  const links = formatQuantity(count, 'link')
  switch (reason) {
    case 'link':
      return `${links}: not followed`
    case 'dead-link':
      return `${links}: the target does not exist`
    case 'link-loop':
      return `${links}: the target contains the link`
    case 'same-file':
      return `${links}: the target is already in the dataset`
    case 'hidden':
      return formatQuantity(count, 'hidden file or folder', 'hidden files or folders')
    case 'system-folder':
      return formatQuantity(count, 'system folder')
    case 'ending':
      return ending === '' || ending === undefined
        ? `${files} without an ending`
        : `${files} with the ending ${ending}: not a video format`
    case 'not-video':
      return `${files} with the ending of a video: the content is not a video`
    case 'still-picture':
      return `${files} with a single picture: not a video`
    case 'name-encoding':
      return `${formatQuantity(count, 'name')}: not valid UTF-8, rename the file or folder`
    case 'special':
      return formatQuantity(count, 'pipe, socket or device', 'pipes, sockets or devices')
    case 'not-listed':
      return `${formatQuantity(count, 'video')}: not in the list of labels`
    case 'in-tar':
      return `${formatQuantity(count, 'file')} in tar files: not a video`
  }
}

/** Warnings about videos with the same content in several splits or classes. */
export function repeatWarnings({ acrossSplits, acrossClasses }: Repeats): string[] {
  return [
    ...repeatWarning(acrossSplits, 'split', 'Results on them are not those of unseen videos.'),
    ...repeatWarning(acrossClasses, 'class', 'At most one of the labels can be right.'),
  ]
}

const namedContents = 3
const namedCopies = 4

/** The files with the same content in words; those after the fourth are counted. */
export const describeCopies = (paths: readonly string[]): string =>
  formatList(
    paths.length <= namedCopies
      ? paths
      : [...paths.slice(0, namedCopies - 1), `${paths.length - namedCopies + 1} more`],
  )

function repeatWarning({ count, examples }: Repeats['acrossSplits'], noun: string, consequence: string): string[] {
  if (count === 0) return []
  const named = examples.slice(0, namedContents).map(describeCopies)
  const more = count > named.length ? `, and ${count - named.length} more` : ''
  return [
    `${formatQuantity(count, 'video is', 'videos are')} in more than one ${noun}, in files with the same content: ${named.join('; ')}${more}. ${consequence}`,
  ]
}
