import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type CacheFolder, openCacheFolder } from './cache-folder.ts'

/** Ending of files of earlier versions, which had no checksums and could hold the frames of another video. */
const outdatedEnding = '.rgb'

/** The folder of decoded frames: `<digest>-<width>x<height>.frames` for each video and size. */
export const frameFolder = (path: string): CacheFolder => ({ path, ending: '.frames' })

/** Name of the file with all frames of a video at one size. */
export const framesName = (digest: string, { width, height }: { readonly width: number; readonly height: number }) =>
  `${digest}-${width}x${height}.frames`

/** Opens the folder, and deletes files of earlier versions. @returns the number of these */
export function openFrameFolder(folder: string): number {
  openCacheFolder(frameFolder(folder))
  const outdated = readdirSync(folder).filter((name) => name.endsWith(outdatedEnding))
  for (const name of outdated) rmSync(join(folder, name), { force: true })
  return outdated.length
}
