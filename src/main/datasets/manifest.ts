import { createHash } from 'node:crypto'
import { balanceOf } from '#contract/domain/class-coverage.ts'
import {
  type BrokenVideo,
  type DatasetManifest,
  type DatasetSummary,
  defaultSplitSet,
  type LabelSet,
  samplesOf,
  type Split,
  type StoredSample,
  type Video,
} from '#contract/domain/dataset.ts'
import { formatVersions } from '#contract/layout.ts'
import type { Annotation } from './formats/format.ts'
import type { InspectedVideo } from './inspect-videos.ts'

export interface ManifestParts {
  name: string
  root: string
  createdAt: string
  annotations: readonly Annotation[]
  inspected: readonly InspectedVideo[]
  /** Listed files that are not in the folder. */
  missing: readonly BrokenVideo[]
  splits: ReadonlyMap<string, Split>
}

/** Joins annotations and facts of the files. Classes are sorted by name; a class needs one readable video. */
export function buildManifest({
  name,
  root,
  createdAt,
  annotations,
  inspected,
  missing,
  splits,
}: ManifestParts): DatasetManifest {
  const labelsOf = new Map(annotations.map(({ path, labels }) => [path, labels]))
  const readable = inspected.filter((video) => 'facts' in video)
  const labelSets = collectLabelSets(readable.map(({ path }) => labelsOf.get(path) ?? {}))
  const videos = readable.map(({ path, facts }): Video => ({ ...facts, id: videoId(path), path }))
  const samples = videos.map(({ id, path }): StoredSample => {
    const labels = labelsOf.get(path) ?? {}
    const classIndices = labelSets.map(({ name, classes }) => {
      const label = labels[name] ?? null
      return [name, label === null ? null : classes.indexOf(label)] as const
    })
    return { id, video: id, labels: Object.fromEntries(classIndices) }
  })
  const parts = {
    labelSets,
    videos,
    samples,
    splitSets: [
      {
        name: defaultSplitSet,
        splits: Object.fromEntries(videos.map(({ id, path }) => [id, splits.get(path) ?? ('train' as const)])),
      },
    ],
  }
  const unreadable = inspected.flatMap((video): BrokenVideo[] => ('reason' in video ? [video] : []))
  const broken = [...unreadable, ...missing].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return { version: formatVersions.manifest, name, root, createdAt, digest: digestOf(parts), ...parts, broken }
}

function collectLabelSets(labels: readonly Record<string, string | null>[]): LabelSet[] {
  const classes = new Map<string, Set<string>>()
  for (const record of labels) {
    for (const [name, label] of Object.entries(record)) {
      const known = classes.get(name) ?? new Set()
      if (label !== null) known.add(label)
      classes.set(name, known)
    }
  }
  return [...classes]
    .filter(([, known]) => known.size > 0)
    .map(([name, known]) => ({ name, classes: [...known].toSorted() }))
}

/** Stable and safe as a file name: the first 16 hex digits of the SHA-256 of the path. */
function videoId(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

/** Runs compare this digest, so it must stay the same for whole videos as it was in manifests of version 1. */
export function digestOf(manifest: Parameters<typeof samplesOf>[0] & Pick<DatasetManifest, 'labelSets'>): string {
  const hash = createHash('sha256')
  for (const { video, span, split, labels, boxes } of samplesOf(manifest)) {
    const classes = manifest.labelSets.map(({ name, classes }) => [name, classes[labels[name] ?? -1] ?? null])
    const annotations = span === undefined && boxes === undefined ? [] : [{ span, boxes }]
    hash.update(`${JSON.stringify([video.path, video.digest, split, classes, ...annotations])}\n`)
  }
  return hash.digest('hex')
}

/** What lists show of a dataset. */
export function summarize(manifest: DatasetManifest): DatasetSummary {
  const { name, root, createdAt, digest, labelSets, videos, broken } = manifest
  const total = (value: (video: Video) => number) => videos.reduce((sum, video) => sum + value(video), 0)
  const samples = samplesOf(manifest)
  return {
    name,
    root,
    createdAt,
    digest,
    labelSets,
    videoCount: videos.length,
    brokenCount: broken.length,
    totalFrames: total((video) => video.frameCount),
    totalDurationMs: total((video) => video.durationMs),
    totalSizeBytes: total((video) => video.sizeBytes),
    balance: labelSets.flatMap((labelSet) => balanceOf(labelSet, samples)),
  }
}
