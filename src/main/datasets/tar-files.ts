import { join } from 'node:path'
import { basename } from 'node:path/posix'
import { formatQuantity } from '#contract/format.ts'
import { isPictureFile } from '#node/picture-file.ts'
import { readTar } from '#node/tar-members.ts'
import type { TarMember } from '#node/tar.ts'
import { endingOf, isVideoFile } from './endings.ts'
import { shortened } from './formats/classes.ts'
import type { LeftOut } from './left-out.ts'

/** A tar file with videos or pictures. Names of its members begin below it. */
export interface TarFile {
  /** Relative to the root of the dataset. */
  readonly path: string
  readonly members: readonly TarMember[]
  /** Names that two members have. */
  readonly repeated: ReadonlySet<string>
  /** The member of which the tar file does not have all bytes. */
  readonly cut?: string
}

export const isTarFile = (name: string): boolean => endingOf(name) === '.tar'

/** Endings of the files that say something about the video or picture with the same key. */
export const annotationEndings = ['.cls', '.json', '.txt'] as const

const isAnnotation = (name: string): boolean => annotationEndings.some((ending) => ending === endingOf(name))

/** What the tar files of a folder have. Paths lead through them: `train-000000.tar/000123.mp4`. */
export interface ScannedTarFiles {
  /** Those with videos or pictures. */
  readonly tarFiles: readonly TarFile[]
  readonly videos: readonly string[]
  readonly pictures: readonly string[]
  readonly leftOut: readonly LeftOut[]
  readonly warnings: readonly string[]
}

/**
 * Lists the tar files of a folder without videos. Those without a video and a picture are not part of a dataset.
 * @throws a system error if one cannot be read
 */
export function scanTarFiles(root: string, paths: readonly string[]): ScannedTarFiles {
  const tarFiles: TarFile[] = []
  const videos: string[] = []
  const pictures: string[] = []
  const leftOut: LeftOut[] = []
  const warnings: string[] = []
  for (const path of paths) {
    const listing = readTar(join(root, path))
    const usable = listing?.members.filter(({ name }) => !isHidden(name)) ?? []
    const media = usable.filter(({ name }) => isVideoFile(name) || isPictureFile(name))
    if (listing === undefined || (media.length === 0 && listing.cut === undefined)) {
      leftOut.push({ path, reason: 'ending' })
      continue
    }
    if (listing.problem !== undefined) warnings.push(`${path} ${listing.problem}. Copy or write it again.`)
    for (const name of listing.unnamed) leftOut.push({ path: `${path}/${name}`, reason: 'name-encoding' })
    for (const { name } of listing.members)
      if (isHidden(name)) leftOut.push({ path: `${path}/${name}`, reason: 'hidden' })
    const repeated = repeatedNames(usable)
    const cut = listing.cut === undefined ? {} : { cut: listing.cut }
    tarFiles.push({ path, members: usable, repeated, ...cut })
    for (const { name } of usable) {
      const files = isVideoFile(name) ? videos : isPictureFile(name) ? pictures : undefined
      if (files !== undefined && !repeated.has(name)) files.push(`${path}/${name}`)
      if (files === undefined && !isAnnotation(name)) leftOut.push({ path: `${path}/${name}`, reason: 'in-tar' })
    }
  }
  // Beside videos, pictures are covers and thumbnails.
  if (videos.length > 0) leftOut.push(...pictures.map((path) => ({ path, reason: 'in-tar' as const })))
  return { tarFiles, videos, pictures, leftOut, warnings }
}

/** Warns of tar files beside videos. */
export const tarFilesBesideVideos = (paths: readonly string[]): string[] =>
  paths.length === 0
    ? []
    : [
        `${formatQuantity(paths.length, 'tar file was', 'tar files were')} left out because there are video files: ${shortened(paths)}. If ${paths.length === 1 ? 'it has videos' : 'they have videos'} of the dataset, import a folder without other videos.`,
      ]

/** macOS writes a hidden file `._NAME` beside each file. */
const isHidden = (name: string): boolean => basename(name).startsWith('.')

function repeatedNames(members: readonly TarMember[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(members.flatMap(({ name }) => (seen.has(name) ? [name] : (seen.add(name), []))))
}
