import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Split, VideoFacts } from '#contract/domain/dataset.ts'
import type { Repeats } from '#contract/domain/import-report.ts'
import { framesOfVideo } from '#node/frame-pictures.ts'
import { hashFile } from '#node/hash.ts'
import { findMember } from '#node/tar-members.ts'
import type { Annotation } from './formats/format.ts'

/** A video by what tells its content. */
interface DigestedVideo {
  readonly path: string
  readonly facts: Pick<VideoFacts, 'digest' | 'sizeBytes'>
}

/** Up to this size, the digest of the facts covers the whole file. */
const digestedBytes = 2 * 1024 * 1024
const listedExamples = 20

/**
 * Which of the videos with the same content are in several splits or classes.
 * @param contents paths of the files of each content, as `sameContents` finds them
 */
export function describeRepeats(
  contents: readonly Copies[],
  annotations: readonly Annotation[],
  splits: ReadonlyMap<string, Split>,
): Repeats {
  const labelsOf = new Map(annotations.map(({ path, labels }) => [path, labels]))
  const acrossSplits: Copies[] = []
  const acrossClasses: Copies[] = []
  let elsewhere = 0
  for (const paths of contents) {
    const inSplits = copiesThatDiffer(paths, (path) => splits.get(path))
    const labelSets = new Set(paths.flatMap((path) => Object.keys(labelsOf.get(path) ?? {})))
    const inClasses = [...labelSets]
      .map((name) => copiesThatDiffer(paths, (path) => labelsOf.get(path)?.[name] ?? undefined))
      .find((copies) => copies !== undefined)
    if (inSplits !== undefined) acrossSplits.push(inSplits)
    if (inClasses !== undefined) acrossClasses.push(inClasses)
    if (inSplits === undefined && inClasses === undefined) elsewhere += 1
  }
  return { acrossSplits: counted(acrossSplits), acrossClasses: counted(acrossClasses), elsewhere }
}

/** Paths of files with the same content. */
export type Copies = readonly string[]

const counted = (contents: readonly Copies[]): Repeats['acrossSplits'] => ({
  count: contents.length,
  examples: contents.slice(0, listedExamples).map((paths) => [...paths]),
})

/** The paths with a known value, of which the first two differ; undefined if all are equal. */
function copiesThatDiffer(paths: readonly string[], valueOf: (path: string) => string | undefined): Copies | undefined {
  const [first, ...others] = paths.filter((path) => valueOf(path) !== undefined)
  const second = others.find((path) => first !== undefined && valueOf(path) !== valueOf(first))
  return first === undefined || second === undefined
    ? undefined
    : [first, second, ...others.filter((path) => path !== second)]
}

/**
 * Finds videos with the same content. Larger files whose digests of their beginning and end agree are read in full.
 * @throws a system error if such a file can no longer be read
 */
export async function sameContents(
  root: string,
  videos: readonly DigestedVideo[],
  signal: AbortSignal,
): Promise<Copies[]> {
  const candidates = groupsOf(videos, ({ facts }) => facts.digest)
  const groups: DigestedVideo[][] = []
  for (const group of candidates) {
    if ((group[0]?.facts.sizeBytes ?? 0) <= digestedBytes) {
      groups.push(group)
      continue
    }
    const hashes = new Map<DigestedVideo, string>()
    for (const video of group) hashes.set(video, await hashVideo(join(root, video.path), signal))
    groups.push(...groupsOf(group, (video) => hashes.get(video) ?? video.path))
  }
  return groups.map((group) => group.map(({ path }) => path))
}

/** Hash of the whole content of a file or a part of a tar file, or of all pictures of a folder. */
async function hashVideo(path: string, signal: AbortSignal): Promise<string> {
  const member = findMember(path)
  if (member !== undefined) return hashFile(member.file, signal, member)
  if (!statSync(path).isDirectory()) return hashFile(path, signal)
  const hash = createHash('sha256')
  for (const name of framesOfVideo(readdirSync(path)).names) hash.update(await hashFile(join(path, name), signal))
  return hash.digest('hex')
}

/** Groups of at least two items with the same key, in the order of their first ones. */
function groupsOf<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const firsts = new Map<string, T>()
  const groups = new Map<T, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const first = firsts.get(key)
    const group = first === undefined ? undefined : groups.get(first)
    if (first === undefined) firsts.set(key, item)
    else if (group === undefined) groups.set(first, [first, item])
    else group.push(item)
  }
  return items.flatMap((item) => {
    const group = groups.get(item)
    return group === undefined ? [] : [group]
  })
}
