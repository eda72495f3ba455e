import { basename, dirname } from 'node:path/posix'
import { formatQuantity } from '#contract/format.ts'

const leastPictures = 8
/** Of the numbers from the first to the last, at least this share is there. */
const leastShare = 0.9

/**
 * Warns of folders whose pictures are numbered without gaps, such as `img_00001.jpg`: they may be the frames of a video, which are read
 * as pictures of their own.
 */
export function numberedPictures(pictures: readonly string[]): string[] {
  const folders = [...Map.groupBy(pictures, dirname)].filter(([, paths]) =>
    areNumbered(paths.map((path) => basename(path))),
  )
  const [first] = folders
  if (first === undefined) return []
  const [folder, paths] = first
  const names = paths.map((path) => basename(path))
  const shown = folder === '.' ? 'the folder itself' : folder
  return [
    `The pictures of ${formatQuantity(folders.length, 'folder')} are numbered like the frames of a video, for example those of ${shown} (${names[0]} to ${names.at(-1)}). Each is a sample of its own. If they are frames, give each video a folder that has nothing but its pictures, numbered without gaps from 0 or 1, and import the folder above.`,
  ]
}

/** Whether names differ only in a number, and nearly all numbers between the first and the last are there. */
function areNumbered(names: readonly string[]): boolean {
  if (names.length < leastPictures) return false
  const parts = names.map((name) => /^(.*?)(\d+)(\.\w+)$/.exec(name))
  const [, prefix, , ending] = parts[0] ?? []
  let [first, last] = [Infinity, -Infinity]
  for (const part of parts) {
    if (part === null || part[1] !== prefix || part[3] !== ending) return false
    first = Math.min(first, Number(part[2]))
    last = Math.max(last, Number(part[2]))
  }
  return names.length >= leastShare * (last - first + 1)
}
