import { z } from 'zod'
import {
  brokenVideo,
  type DatasetManifest,
  defaultSplitSet,
  type Sample,
  storedSample,
  type StoredSample,
  video,
  type Video,
} from './dataset.ts'
import { type Split, splitSchema } from './split.ts'

/** A sample with its splits by split set. The first sample of a video has the video, later ones have its id. */
const sampleLine = storedSample.extend({
  video: z.union([video, z.string()]),
  splits: z.record(z.string(), splitSchema),
})

/** One line of a dataset: a sample in the order of the dataset, or a file that is not used. */
export const datasetLine = z.union([sampleLine, z.object({ broken: brokenVideo })])
export type DatasetLine = z.infer<typeof datasetLine>

/** The samples of a dataset in their order, then its unused files. Videos without a sample are not among them. */
export function* linesOf(
  manifest: Pick<DatasetManifest, 'videos' | 'samples' | 'splitSets' | 'broken'>,
): Generator<DatasetLine> {
  const videos = new Map<string, Video | null>()
  for (const one of manifest.videos) videos.set(one.id, one)
  for (const stored of manifest.samples) {
    const of = videos.get(stored.video)
    if (of === undefined) continue
    videos.set(stored.video, null)
    const splits: Record<string, Split> = {}
    for (const set of manifest.splitSets) {
      const split = set.splits[stored.id]
      if (split !== undefined) splits[set.name] = split
    }
    yield { ...stored, video: of ?? stored.video, splits }
  }
  for (const broken of manifest.broken) yield { broken }
}

/** What `linesOf` was made of, for split sets with these names. */
export function collectLines(
  lines: Iterable<DatasetLine>,
  splitSetNames: readonly string[],
): Pick<DatasetManifest, 'videos' | 'samples' | 'splitSets' | 'broken'> {
  const videos: Video[] = []
  const samples: StoredSample[] = []
  const broken: DatasetManifest['broken'] = []
  const splitSets = splitSetNames.map((name) => ({ name, splits: {} as Record<string, Split> }))
  for (const line of lines) {
    if ('broken' in line) {
      broken.push(line.broken)
      continue
    }
    const { video, splits, ...sample } = line
    if (typeof video !== 'string') videos.push(video)
    samples.push({ ...sample, video: typeof video === 'string' ? video : video.id })
    for (const set of splitSets) {
      const split = splits[set.name]
      if (split !== undefined) set.splits[sample.id] = split
    }
  }
  return { videos, samples, splitSets, broken }
}

/** The split of a sample in the default split set. */
export const defaultSplitOf = (splits: Readonly<Record<string, Split>>): Sample['split'] =>
  splits[defaultSplitSet] ?? null
