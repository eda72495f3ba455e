import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ClassName } from './classes.ts'
import { videoFolder } from './folder.ts'

const filesOf = (folder: string): string[] =>
  readdirSync(join(videoFolder, folder))
    .toSorted()
    .map((name) => join(videoFolder, folder, name))

/** Paths of the readable videos: one per codec, container or property. */
export const readableVideos = (): string[] => filesOf('readable')

export const readableVideo = (name: string): string => join(videoFolder, 'readable', name)

/** Paths of the videos that cannot be used, one per way of being broken. */
export const brokenVideos = (): string[] => filesOf('broken')

export const brokenVideo = (name: string): string => join(videoFolder, 'broken', name)

/** Paths of the first videos of a class: at most 12. */
export const videosOfClass = (name: ClassName, count: number): string[] =>
  filesOf(join('classes', name)).slice(0, count)

/** Copies videos into `folder`, a subfolder per class, and returns `folder`. The same video may be given twice. */
export function copyClasses(folder: string, classes: Readonly<Record<string, readonly string[]>>): string {
  for (const [name, files] of Object.entries(classes)) {
    mkdirSync(join(folder, name), { recursive: true })
    files.forEach((file, index) => copyFileSync(file, join(folder, name, `${index}-${basename(file)}`)))
  }
  return folder
}

/** Copies the first `count` videos of each of the two classes into `folder`. */
export const copyTwoClasses = (folder: string, count: number): string =>
  copyClasses(folder, { fall: videosOfClass('fall', count), roll: videosOfClass('roll', count) })
