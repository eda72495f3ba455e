import { basename, dirname, extname } from 'node:path/posix'
import { StudioError } from '#contract/api/errors.ts'
import { groupInName, type Grouping } from '#contract/domain/split-drawing.ts'
import { formatQuantity } from '#contract/format.ts'
import { shortened } from './formats/classes.ts'

/** Groups of videos whose splits are drawn. */
export interface SplitGroups {
  /** The group of a path; undefined for a video of its own. */
  readonly groupOf: (path: string) => string | undefined
  readonly warnings: readonly string[]
}

/** A video and the one of which it is a copy or near duplicate. */
export interface CopiedVideo {
  readonly path: string
  readonly of: string
}

/**
 * Finds the groups of paths, each of which is given once.
 * @param classDepth folders at the top of each path that name its class
 * @param copies for a grouping by near duplicates
 * @throws StudioError `bad-request` that names the field, if there are no groups, or only one
 */
export function findGroups(
  paths: readonly string[],
  groupBy: Grouping,
  classDepth: number,
  copies: readonly CopiedVideo[],
): SplitGroups {
  if (groupBy.by === 'none') return { groupOf: () => undefined, warnings: [] }
  if (groupBy.by === 'near-duplicates') return { groupOf: groupOfCopies(copies), warnings: [] }
  const groupOf = groupBy.by === 'folder' ? folderBelow(classDepth) : nameGroup(groupBy)
  const alone = paths.filter((path) => groupOf(path) === undefined)
  const field = groupBy.by === 'folder' ? 'drawing.groupBy' : 'drawing.groupBy.pattern'
  if (alone.length === paths.length)
    throw new StudioError(
      'bad-request',
      groupBy.by === 'folder'
        ? `${field}: no video is in a folder ${classDepth === 0 ? 'of its own' : 'below that of its class'}, so folders make no groups.`
        : `${field}: the pattern ${groupBy.pattern} matches the name of no video, such as ${nameOf(paths[0] ?? '')}.`,
      'Group by a part of the names, by folder, or not at all.',
    )
  const [first, second] = new Set(paths.map(groupOf))
  if (alone.length === 0 && second === undefined)
    throw new StudioError(
      'bad-request',
      `${field}: all ${formatQuantity(paths.length, 'video')} are in one group (${first}), which cannot be divided into splits.`,
      'Choose another grouping, or none.',
    )
  const because = groupBy.by === 'folder' ? 'in no such folder' : `not matched by the pattern ${groupBy.pattern}`
  return {
    groupOf,
    warnings:
      alone.length === 0
        ? []
        : [
            `${formatQuantity(alone.length, 'video is', 'videos are')} ${because} and ${alone.length === 1 ? 'was' : 'were each'} drawn alone: ${shortened(alone)}.`,
          ],
  }
}

/** Groups by their first video: a copy of another one may be of a video that is a near duplicate itself. */
function groupOfCopies(copies: readonly CopiedVideo[]): SplitGroups['groupOf'] {
  const original = new Map(copies.map(({ path, of }) => [path, of]))
  const firsts = new Map<string, string>()
  for (const { path } of copies) {
    let first = path
    for (let next = original.get(first); next !== undefined; next = original.get(first)) first = next
    firsts.set(path, first).set(first, first)
  }
  return (path) => firsts.get(path)
}

/** The folder of a path below those of its class. */
const folderBelow =
  (classDepth: number) =>
  (path: string): string | undefined => {
    const folder = dirname(path)
    const below = folder === '.' ? [] : folder.split('/').slice(classDepth)
    return below.length === 0 ? undefined : below.join('/')
  }

const nameOf = (path: string): string => basename(path, extname(path))

function nameGroup({ pattern }: Extract<Grouping, { by: 'name' }>): (path: string) => string | undefined {
  const find = groupInName(pattern)
  return (path) => find(nameOf(path))
}
