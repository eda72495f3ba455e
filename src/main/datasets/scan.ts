import { isUtf8 } from 'node:buffer'
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import type { LeftOutReason } from '#contract/domain/import-report.ts'
import { type FramePictures, framePictures, isOpticalFlow } from '#node/frame-pictures.ts'
import { isPictureFile } from '#node/picture-file.ts'
import { hasVideoContent, isMediaFile, isVideoFile } from './endings.ts'
import { areFrames, besideVideos, type FrameFolder, picturesBesideFrames } from './frame-folders.ts'
import type { LeftOut } from './left-out.ts'
import { targetOf } from './link-target.ts'
import { isTarFile, scanTarFiles, type TarFile, tarFilesBesideVideos } from './tar-files.ts'

/** The videos below a folder and everything else in it. Paths are relative to the root, with forward slashes, and sorted. */
export interface ScannedFolder {
  readonly root: string
  readonly videos: readonly string[]
  /** Whether the folder has no videos but pictures, which are its videos then. */
  readonly hasPictures: boolean
  /** If folders of numbered pictures are its videos: the number of pictures by path. */
  readonly frameCounts?: ReadonlyMap<string, number>
  /** If tar files have its videos: those tar files. */
  readonly tarFiles?: readonly TarFile[]
  /** What is to be said about its pictures and tar files. */
  readonly warnings?: readonly string[]
  readonly leftOut: readonly LeftOut[]
  /** Links to videos that are also found under another path: the other path by that of the link. */
  readonly otherPaths: ReadonlyMap<string, string>
}

export interface ScanOptions {
  readonly followLinks?: boolean
}

/**
 * A folder as an absolute path without symbolic links.
 * @throws StudioError `not-found` if it does not exist, `bad-request` if it is a file
 */
export function resolveFolder(path: string): string {
  const folder = resolve(path)
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (stat === undefined)
    throw new StudioError(
      'not-found',
      `The folder ${folder} does not exist.`,
      folder.includes('\uFFFD') ? 'If its name is not UTF-8, rename the folder.' : 'Check the path.',
    )
  if (!stat.isDirectory())
    throw new StudioError(
      'bad-request',
      `${folder} is a file, not a folder.`,
      'Choose the folder that contains the videos.',
    )
  return realpathSync(folder)
}

/**
 * Finds the videos below a folder by the endings of their names, or folders whose pictures are numbered like the frames of a video.
 * Hidden entries and system folders are skipped. Links are skipped too, unless `followLinks`: then each file is taken once, under its path
 * without links if it has one in the folder.
 * @throws StudioError `bad-request` if a folder cannot be read
 */
export function scanFolder(root: string, { followLinks = false }: ScanOptions = {}): ScannedFolder {
  const scan = new Scan(root, followLinks)
  scan.walk(root, root)
  if (followLinks) scan.followLinks()
  else scan.skipLinks()
  return scan.result()
}

class Scan {
  readonly #root: string
  readonly #videos: string[] = []
  readonly #pictures: string[] = []
  readonly #tarFiles: string[] = []
  /** Folders of numbered pictures, by their path without links. */
  readonly #frameFolders = new Map<string, FrameFolder>()
  readonly #leftOut: LeftOut[] = []
  readonly #otherPaths = new Map<string, string>()
  /** Absolute paths of links that were found and not yet followed. */
  readonly #links: string[] = []
  readonly #folders = new Set<string>()
  /** Path of a video by its path without links. */
  readonly #taken = new Map<string, string>()
  readonly #followLinks: boolean

  constructor(root: string, followLinks: boolean) {
    this.#root = root
    this.#followLinks = followLinks
  }

  /** Takes what is below `folder`, whose path without links is `real`. */
  walk(folder: string, real: string): void {
    this.#folders.add(real)
    const entries = readFolder(folder)
    const frames = folder === this.#root ? undefined : this.#framesOf(entries)
    if (frames !== undefined)
      this.#frameFolders.set(real, {
        path: this.#relative(folder),
        count: frames.names.length,
        isWhole: frames.problem === undefined,
      })
    const isFrame = new Set(frames?.names)
    for (const entry of entries) {
      const name = nameOf(entry.name)
      if (isFrame.has(name)) continue
      if (frames !== undefined && isPictureFile(name) && isOpticalFlow(name)) {
        this.#skip(join(folder, name), 'ending')
        continue
      }
      const path = join(folder, name)
      const reason = reasonByName(entry, name)
      if (reason !== undefined) this.#skip(path, reason, entry.isDirectory())
      else if (entry.isSymbolicLink()) this.#links.push(path)
      else if (!entry.isDirectory()) this.#file(path, () => join(real, name), entry.isFile())
      else if (this.#folders.has(join(real, name))) this.#skip(path, 'same-file', true)
      else this.walk(path, join(real, name))
    }
  }

  /** The frames of a folder without videos and folders. */
  #framesOf(entries: readonly Dirent<Buffer>[]): FramePictures | undefined {
    const pictures: string[] = []
    for (const entry of entries) {
      const name = nameOf(entry.name)
      if (reasonByName(entry, name) !== undefined) continue
      if (entry.isDirectory() || isVideoFile(name)) return undefined
      if (entry.isFile() || (this.#followLinks && entry.isSymbolicLink())) pictures.push(name)
    }
    return framePictures(pictures)
  }

  skipLinks(): void {
    for (const link of this.#links) this.#skip(link, 'link')
  }

  followLinks(): void {
    for (let link = this.#links.shift(); link !== undefined; link = this.#links.shift()) {
      const target = targetOf(link)
      if (typeof target !== 'object') this.#skip(link, target)
      else if (!target.isFolder) this.#file(link, () => target.path, target.isFile)
      else if (isWithin(link, target.path) || isWithin(this.#root, target.path)) this.#skip(link, 'link-loop')
      else if (this.#folders.has(target.path)) this.#skip(link, 'same-file')
      else this.walk(link, target.path)
    }
  }

  result(): ScannedFolder {
    const folders = [...this.#frameFolders.values()]
    const inTarFiles = this.#inTarFiles()
    if (inTarFiles !== undefined) return inTarFiles
    const hasFrames = this.#videos.length === 0 && areFrames(folders, this.#pictures.length)
    const pictures = hasFrames ? this.#pictures : [...this.#pictures, ...folders.flatMap(this.#picturesIn)]
    const hasPictures = !hasFrames && this.#videos.length === 0 && pictures.length > 0
    const videos = hasFrames ? folders.map(({ path }) => path) : hasPictures ? pictures : this.#videos
    // Beside videos, pictures are covers and thumbnails.
    const others = [...(hasPictures ? [] : pictures), ...this.#tarFiles].map((path) => ({
      path,
      reason: 'ending' as const,
    }))
    return {
      root: this.#root,
      videos: videos.toSorted(),
      hasPictures,
      ...(hasFrames ? { frameCounts: new Map(folders.map(({ path, count }) => [path, count])) } : {}),
      leftOut: [...this.#leftOut, ...others].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      otherPaths: this.#otherPaths,
      warnings: hasFrames
        ? picturesBesideFrames(pictures)
        : hasPictures
          ? []
          : [...besideVideos(folders), ...tarFilesBesideVideos(this.#videos.length === 0 ? [] : this.#tarFiles)],
    }
  }

  /** The folder as one of tar files, if those have its videos. */
  #inTarFiles(): ScannedFolder | undefined {
    if (this.#videos.length > 0 || this.#tarFiles.length === 0) return undefined
    const { tarFiles, videos, pictures, leftOut, warnings } = scanTarFiles(this.#root, this.#tarFiles)
    if (tarFiles.length === 0) return undefined
    const hasPictures = videos.length === 0
    const loose = [...this.#pictures, ...[...this.#frameFolders.values()].flatMap(this.#picturesIn)]
    return {
      root: this.#root,
      videos: (hasPictures ? pictures : videos).toSorted(),
      hasPictures,
      tarFiles,
      leftOut: [...this.#leftOut, ...leftOut, ...loose.map((path) => ({ path, reason: 'ending' as const }))].toSorted(
        (a, b) => (a.path < b.path ? -1 : 1),
      ),
      otherPaths: this.#otherPaths,
      warnings,
    }
  }

  /** Paths of the pictures of a folder, which are read again: most datasets with such folders have millions of pictures. */
  readonly #picturesIn = ({ path }: FrameFolder): string[] =>
    (this.#framesOf(readFolder(join(this.#root, path)))?.names ?? []).map((name) => `${path}/${name}`)

  /** @param real gives its path without links */
  #file(path: string, real: () => string, isFile: boolean): void {
    if (!isFile) return this.#skip(path, 'special')
    if (!isMediaFile(path) && !isTarFile(path)) return this.#skip(path, 'ending')
    if (!isReadableVideo(path)) return this.#skip(path, 'not-video')
    // Without links, no file is found twice.
    const other = this.#followLinks ? (this.#taken.get(real()) ?? this.#frameAt(real())) : undefined
    if (other === undefined) {
      const relative = this.#relative(path)
      if (this.#followLinks) this.#taken.set(real(), relative)
      const files = isTarFile(path) ? this.#tarFiles : isPictureFile(path) ? this.#pictures : this.#videos
      files.push(relative)
      return
    }
    this.#otherPaths.set(this.#relative(path), other)
    this.#skip(path, 'same-file')
  }

  /** The path of a picture of a folder of numbered ones. */
  #frameAt(real: string): string | undefined {
    const folder = this.#frameFolders.get(dirname(real))
    return folder === undefined || !isPictureFile(real) ? undefined : `${folder.path}/${basename(real)}`
  }

  #skip(path: string, reason: LeftOutReason, isFolder = false): void {
    this.#leftOut.push({ path: this.#relative(path) + (isFolder ? '/' : ''), reason })
  }

  /** @param path below the root */
  #relative(path: string): string {
    const below = path.slice(this.#root.endsWith(sep) ? this.#root.length : this.#root.length + 1)
    return sep === '/' ? below : below.split(sep).join('/')
  }
}

/** Folders of Windows, macOS, Linux and of storage devices (Synology, QNAP), in lower case. */
const systemFolders = new Set([
  '@eadir',
  '@recycle',
  '@recently-snapshot',
  '#recycle',
  '#snapshot',
  '$recycle.bin',
  'recycler',
  'system volume information',
  'found.000',
  'lost+found',
  'lost.dir',
  '__macosx',
  '.appledouble',
])

function reasonByName(entry: Dirent<Buffer>, name: string): LeftOutReason | undefined {
  if (!isUtf8(entry.name)) return 'name-encoding'
  if (entry.isDirectory() && systemFolders.has(name.toLowerCase())) return 'system-folder'
  return name.startsWith('.') ? 'hidden' : undefined
}

/** A name as text; bytes of a name that is not UTF-8 as `\xE4`. Such a file cannot be named in a text. */
function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  return bytes
    .toString('latin1')
    .replaceAll(/[\x80-\xFF]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** A file that cannot be opened is a video here, so that the inspection gives the reason. */
function isReadableVideo(path: string): boolean {
  try {
    return hasVideoContent(path)
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
    return true
  }
}

/** Entries by the bytes of their names, because Node.js replaces those that are not UTF-8. */
function readFolder(folder: string): Dirent<Buffer>[] {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }).toSorted((a, b) =>
      Buffer.compare(a.name, b.name),
    )
  } catch (cause) {
    const problem = systemProblem(cause)
    throw new StudioError(
      'bad-request',
      `The folder ${folder} cannot be read: ${problem?.problem ?? systemCode(cause) ?? String(cause)}.`,
      `${problem?.hint ?? 'Check the folder.'} Or move it out of the folder that you import.`,
      { cause },
    )
  }
}
