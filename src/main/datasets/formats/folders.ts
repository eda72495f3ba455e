import { join } from 'node:path'
import { type Split, splitNamed } from '#contract/domain/split.ts'
import { formatList, formatQuantity } from '#contract/format.ts'
import type { ScannedFolder } from '../scan.ts'
import { shortened } from './classes.ts'
import type { DatasetFormat } from './format.ts'

/** `SPLIT/CLASS/video`: every folder at the top is named like a split, and every video is in a folder of its class below. */
export const splitFolders: DatasetFormat = {
  detect: ({ videos }) =>
    videos.length > 0 &&
    videos.every((path) => {
      const [top = '', ...below] = path.split('/')
      return splitNamed(top) !== undefined && below.length >= 2
    }),
  read(folder) {
    const { videos } = folder
    const folders = new Map<string, Split>()
    const annotations = videos.map((path) => {
      const [top = '', label = null] = path.split('/')
      const split = splitNamed(top) ?? null
      if (split !== null) folders.set(top, split)
      return { path, split, labels: { class: label } }
    })
    return {
      source: { format: 'split-folders', folders: [...folders].map(([name, split]) => ({ name, split })) },
      annotations,
      missing: [],
      warnings: foldersWithoutVideos(folder, 1),
      notes: [],
    }
  },
}

/** `CLASS/video`: the first folder of each path is the class in the label set `class`. A video outside a folder has no class. */
export const folderPerClass: DatasetFormat = {
  detect: () => true,
  read: (folder) => ({
    source: { format: 'folder-per-class' },
    annotations: folder.videos.map((path) => {
      const end = path.indexOf('/')
      return { path, split: null, labels: { class: end === -1 ? null : path.slice(0, end) } }
    }),
    missing: [],
    warnings: [
      ...splitsAsClasses(folder),
      ...splitsInNames(folder),
      ...splitsBelowClasses(folder),
      ...withoutClass(folder),
      ...foldersWithoutVideos(folder, 0),
    ],
    notes: folder.videos.every(isLoose) ? ['No video is in a folder of a class, so none has a class.'] : [],
  }),
}

const isLoose = (path: string): boolean => !path.includes('/')

/** Warns of videos beside the folders of classes. */
function withoutClass({ videos }: ScannedFolder): string[] {
  const loose = videos.filter(isLoose)
  return loose.length === 0 || loose.length === videos.length
    ? []
    : [
        `${formatQuantity(loose.length, 'video is', 'videos are')} in no folder of a class and ${loose.length === 1 ? 'has' : 'have'} no class: ${shortened(loose)}. Fine-tuning and the test do not use ${loose.length === 1 ? 'it' : 'them'}.`,
      ]
}

/** Warns of folders that are named like splits and become classes, because the layout is not `SPLIT/CLASS/video`. */
function splitsAsClasses({ videos }: ScannedFolder): string[] {
  const loose = videos.find(isLoose)
  const folders = foldersAt(videos, 0)
  const named = folders.filter((name) => splitNamed(name) !== undefined)
  if (named.length === 0) return []
  const other = folders.find((name) => splitNamed(name) === undefined)
  const flat = videos.find((path) => path.split('/').length === 2 && named.includes(path.split('/')[0] ?? ''))
  const because =
    other !== undefined
      ? `the folder ${other} is not named like a split`
      : loose !== undefined
        ? `the video ${loose} is in no folder`
        : `the video ${flat} is in no folder of a class`
  return [
    `${named.length === 1 ? `The folder ${named[0]} was read as a class` : `The folders ${formatList(named)} were read as classes`}, not as ${named.length === 1 ? 'a split' : 'splits'}, because ${because}. If ${named.length === 1 ? 'it is a split' : 'they are splits'}, use folders SPLIT/CLASS/video alone or write a labels.csv.`,
  ]
}

/** Warns of `train_256/CLASS/video` and the like: the name of every folder at the top contains that of a split. */
function splitsInNames({ videos }: ScannedFolder): string[] {
  const folders = foldersAt(videos, 0)
  const meant = folders.map((name) => name.split(/[^a-z]+/i).find((word) => splitNamed(word) !== undefined))
  const isLayout =
    new Set(meant).size > 1 &&
    !meant.includes(undefined) &&
    folders.every((name) => splitNamed(name) === undefined) &&
    videos.every((path) => path.split('/').length >= 3)
  return isLayout
    ? [
        `The folders ${formatList(folders)} were read as classes, not as splits, because their names are not those of splits alone. If they are splits, rename them to ${formatList(meant.filter((name) => name !== undefined))}, and import the folder again.`,
      ]
    : []
}

/** Warns of `CLASS/SPLIT/video`, whose splits are not used, and of `FOLDER/SPLIT/CLASS/video`. */
function splitsBelowClasses({ root, videos }: ScannedFolder): string[] {
  const deep = videos.filter((path) => path.split('/').length >= 3)
  const folders = foldersAt(deep, 1)
  if (folders.length < 2 || deep.length < videos.length || folders.some((name) => splitNamed(name) === undefined))
    return []
  const [top = '', ...others] = foldersAt(videos, 0)
  if (others.length === 0 && videos.every((path) => path.split('/').length >= 4))
    return [
      `The folders ${formatList(folders)} in ${top} are named like splits and were not used as such: ${top} was read as the only class. Import the folder ${join(root, top)} instead.`,
    ]
  return [
    `The folders ${formatList(folders)} below those of the classes are named like splits and were not used as such: splits were drawn. Use folders SPLIT/CLASS/video or write a labels.csv.`,
  ]
}

/** Warns of folders that would be classes if a file in them could be used. */
function foldersWithoutVideos({ videos, leftOut }: ScannedFolder, depth: number): string[] {
  const classes = new Set(foldersAt(videos, depth))
  const empty = foldersAt(
    leftOut.map(({ path }) => path.replace(/\/$/, '')),
    depth,
  ).filter((name) => !classes.has(name))
  return empty.length === 0
    ? []
    : [
        `${empty.length === 1 ? 'The folder' : 'The folders'} ${shortened(empty)} ${empty.length === 1 ? 'has no video that can be used and is not a class' : 'have no videos that can be used and are not classes'}.`,
      ]
}

/** Names of the folders at a depth of the paths, each once. */
function foldersAt(paths: readonly string[], depth: number): string[] {
  return [
    ...new Set(
      paths.flatMap((path) => {
        const segments = path.split('/')
        return segments.length > depth + 1 ? (segments[depth] ?? []) : []
      }),
    ),
  ]
}
