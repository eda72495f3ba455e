import { setImmediate } from 'node:timers/promises'
import type { DatasetManifest, Split } from '#contract/domain/dataset.ts'
import { defaultSplitSet } from '#contract/domain/dataset.ts'
import type { Copies } from '../repeats.ts'
import { type ComparedVideo, NearDuplicates } from './near-duplicates.ts'
import type { Copy } from './records.ts'

/** Videos that are compared before other work of the studio gets its turn. */
const videosPerTurn = 64

/** In which split the samples of each video are, by its path; the one that is evaluated last if they are in several. */
export type SplitsOfVideos = ReadonlyMap<string, Split>

/** The copy in the test is kept, so that excluding the others changes no result but that of the training. */
const importance: readonly (Split | undefined)[] = ['test', 'validation', 'train', undefined]

/** Splits of the videos of a dataset in its default split set, also of excluded samples. */
function splitsOfVideos({
  videos,
  samples,
  splitSets,
}: Pick<DatasetManifest, 'videos' | 'samples' | 'splitSets'>): SplitsOfVideos {
  const paths = new Map(videos.map(({ id, path }) => [id, path]))
  const of = splitSets.find(({ name }) => name === defaultSplitSet)?.splits ?? {}
  const splits = new Map<string, Split>()
  for (const { id, video } of samples) {
    const path = paths.get(video)
    const split = of[id]
    if (path === undefined || split === undefined) continue
    if (importance.indexOf(split) < importance.indexOf(splits.get(path))) splits.set(path, split)
  }
  return splits
}

const byImportance =
  (splits: SplitsOfVideos) =>
  (a: string, b: string): number =>
    importance.indexOf(splits.get(a)) - importance.indexOf(splits.get(b)) || (a < b ? -1 : 1)

/**
 * Copies among the videos of a dataset.
 * @param videos with their fingerprints, if they have one
 * @param contents paths of the files of each content that several have
 */
export async function copiesOf(
  videos: readonly (Omit<ComparedVideo, 'fingerprint'> & { readonly fingerprint: string | undefined })[],
  contents: readonly Copies[],
  manifest: Parameters<typeof splitsOfVideos>[0],
  signal: AbortSignal,
): Promise<{ repeated: Copy[]; nearDuplicates: Copy[] }> {
  if (contents.length === 0 && videos.every(({ fingerprint }) => fingerprint === undefined))
    return { repeated: [], nearDuplicates: [] }
  const splits = splitsOfVideos(manifest)
  const repeated = repeatedVideos(contents, splits)
  const copies = new Set(repeated.map(({ path }) => path))
  const compared = videos.flatMap(({ fingerprint, ...video }) =>
    fingerprint === undefined || copies.has(video.path) ? [] : [{ ...video, fingerprint }],
  )
  return { repeated, nearDuplicates: await nearDuplicateVideos(compared, splits, signal) }
}

/** Of each content that several files have, all but the one that is kept. */
const repeatedVideos = (contents: readonly Copies[], splits: SplitsOfVideos): Copy[] =>
  contents.flatMap((paths) => {
    const [kept, ...others] = paths.toSorted(byImportance(splits))
    return kept === undefined ? [] : others.map((path) => copyOf(path, kept, splits))
  })

/** Videos that look like one that is kept. */
async function nearDuplicateVideos(
  videos: readonly ComparedVideo[],
  splits: SplitsOfVideos,
  signal: AbortSignal,
): Promise<Copy[]> {
  const order = byImportance(splits)
  const kept = new NearDuplicates()
  const copies: Copy[] = []
  for (const [index, video] of videos.toSorted((a, b) => order(a.path, b.path)).entries()) {
    if (index % videosPerTurn === 0) await setImmediate()
    signal.throwIfAborted()
    const of = kept.find(video)
    if (of === undefined) kept.add(video)
    else copies.push(copyOf(video.path, of, splits))
  }
  return copies
}

const copyOf = (path: string, of: string, splits: SplitsOfVideos): Copy => ({
  path,
  of,
  isAcrossSplits: splits.get(path) !== splits.get(of),
})
