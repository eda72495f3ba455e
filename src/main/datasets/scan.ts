import { readdirSync, realpathSync, statSync } from 'node:fs'
import { extname, join, relative, resolve, sep } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'

const videoExtensions = new Set([
  '.mp4',
  '.m4v',
  '.mov',
  '.mkv',
  '.webm',
  '.avi',
  '.mpg',
  '.mpeg',
  '.mpe',
  '.mts',
  '.m2ts',
  '.wmv',
  '.flv',
  '.3gp',
  '.3g2',
  '.ogv',
  '.vob',
])

export function isVideoFile(name: string): boolean {
  return videoExtensions.has(extname(name).toLowerCase())
}

/**
 * A folder as an absolute path without symbolic links.
 * @throws StudioError `not-found` if it does not exist, `bad-request` if it is a file
 */
export function resolveFolder(path: string): string {
  const folder = resolve(path)
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (stat === undefined) throw new StudioError('not-found', `The folder ${folder} does not exist.`, 'Check the path.')
  if (!stat.isDirectory())
    throw new StudioError(
      'bad-request',
      `${folder} is a file, not a folder.`,
      'Choose the folder that contains the videos.',
    )
  return realpathSync(folder)
}

/**
 * Video files below `root`, as sorted paths relative to it with forward slashes. Hidden entries are skipped. Symbolic links to
 * folders are not followed (they may form a cycle), links to files only if the file is inside the folder.
 */
export function scanVideos(root: string): string[] {
  const found: string[] = []
  const walk = (folder: string) => {
    for (const entry of readFolder(folder)) {
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (
        isVideoFile(entry.name) &&
        (entry.isFile() || (entry.isSymbolicLink() && isLinkToFileInside(root, path)))
      ) {
        found.push(relative(root, path).split(sep).join('/'))
      }
    }
  }
  walk(root)
  return found.toSorted()
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (cause) {
    throw new StudioError(
      'bad-request',
      `The folder ${folder} cannot be read (${systemCode(cause) ?? String(cause)}).`,
      'Change its permissions, or move it out of the folder that you import.',
      { cause },
    )
  }
}

function isLinkToFileInside(root: string, link: string): boolean {
  try {
    const target = realpathSync(link)
    return target.startsWith(root + sep) && statSync(target).isFile()
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ELOOP') return false
    throw cause
  }
}
