import { createHash } from 'node:crypto'
import type {
  BrokenVideo,
  ClassBalance,
  DatasetManifest,
  DatasetSummary,
  LabelSet,
  Split,
  Video,
} from '#contract/domain/dataset.ts'
import type { InspectedVideo } from './inspect-videos.ts'
import type { LabelledPath } from './labels.ts'

export interface ManifestParts {
  name: string
  root: string
  createdAt: string
  labelled: readonly LabelledPath[]
  inspected: readonly InspectedVideo[]
  splits: ReadonlyMap<string, Split>
}

/** Joins what the person said and what the probe found. Classes are sorted by name; a class needs one readable video. */
export function buildManifest({ name, root, createdAt, labelled, inspected, splits }: ManifestParts): DatasetManifest {
  const labelsOf = new Map(labelled.map(({ path, labels }) => [path, labels]))
  const good = inspected.filter((video) => 'facts' in video)
  const labelSets = collectLabelSets(good.map(({ path }) => labelsOf.get(path) ?? {}))
  const videos = good.map(({ path, facts }): Video => {
    const labels = labelsOf.get(path) ?? {}
    const indices = labelSets.map(({ name, classes }) => {
      const label = labels[name] ?? null
      return [name, label === null ? null : classes.indexOf(label)] as const
    })
    return {
      ...facts,
      id: videoId(path),
      path,
      split: splits.get(path) ?? 'train',
      labels: Object.fromEntries(indices),
    }
  })
  const broken = inspected.flatMap((video): BrokenVideo[] => ('reason' in video ? [video] : []))
  return { version: 1, name, root, createdAt, digest: digestVideos(videos, labelSets), labelSets, videos, broken }
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

function digestVideos(videos: readonly Video[], labelSets: readonly LabelSet[]): string {
  const hash = createHash('sha256')
  for (const { path, digest, split, labels } of videos) {
    const classes = labelSets.map(({ name, classes }) => [name, classes[labels[name] ?? -1] ?? null])
    hash.update(`${JSON.stringify([path, digest, split, classes])}\n`)
  }
  return hash.digest('hex')
}

/** What lists show of a dataset. */
export function summarize(manifest: DatasetManifest): DatasetSummary {
  const { name, root, createdAt, digest, labelSets, videos, broken } = manifest
  const total = (value: (video: Video) => number) => videos.reduce((sum, video) => sum + value(video), 0)
  return {
    name,
    root,
    createdAt,
    digest,
    labelSets,
    videoCount: videos.length,
    brokenCount: broken.length,
    totalFrames: total((video) => video.frames),
    totalDurationMs: total((video) => video.durationMs),
    totalSizeBytes: total((video) => video.sizeBytes),
    balance: labelSets.flatMap((labelSet) => balanceOf(labelSet, videos)),
  }
}

/** One entry a class, then one for the videos without a class where there are any. */
function balanceOf({ name, classes }: LabelSet, videos: readonly Video[]): ClassBalance[] {
  const empty = (label: string | null): ClassBalance => ({ labelSet: name, label, train: 0, validation: 0, test: 0 })
  const known = classes.map(empty)
  const unknown = empty(null)
  for (const video of videos) {
    const entry = known[video.labels[name] ?? -1] ?? unknown
    entry[video.split] += 1
  }
  return unknown.train + unknown.validation + unknown.test > 0 ? [...known, unknown] : known
}
