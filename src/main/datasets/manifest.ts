import { createHash, hash } from 'node:crypto'
import {
  type BoundingBox,
  type BrokenVideo,
  classesOfBoxes,
  classNameOf,
  type DatasetManifest,
  defaultSplitSet,
  type LabelSet,
  type Span,
  type Split,
  type StoredSample,
  type Video,
} from '#contract/domain/dataset.ts'
import type { Annotation, Part } from './formats/format.ts'
import type { InspectedVideo } from './inspect-videos.ts'
import { officialSplitSets, splitIn } from './split.ts'

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

/**
 * Joins annotations and facts of the files. Classes are sorted by name; a class needs one readable video. A part that its video does not
 * have is among the broken files.
 */
export function buildManifest({
  name,
  root,
  createdAt,
  annotations,
  inspected,
  missing,
  splits,
}: ManifestParts): DatasetManifest {
  const readable = inspected.filter((video) => 'facts' in video)
  const annotationsOf = Map.groupBy(annotations, ({ path }) => path)
  const videos = readable.map(({ path, facts }): Video => ({ ...facts, id: videoId(path), path }))
  const taken = videos.flatMap((video) => samplesOfVideo(video, annotationsOf.get(video.path) ?? []))
  const found = taken.filter((sample) => 'span' in sample)
  const labelSets = collectLabelSets(found.map(({ annotation }) => annotation.labels))
  const indices = labelSets.map(({ name, classes }) => ({
    name,
    indexOf: new Map<string | null | undefined, number>(classes.map((label, index) => [label, index])),
  }))
  const samples = found.map(({ id, video, span, annotation, boxes }): StoredSample => {
    const labels: StoredSample['labels'] = {}
    for (const { name, indexOf } of indices) labels[name] = indexOf.get(annotation.labels[name]) ?? null
    return { id, video, ...(span === null ? {} : { span }), labels, ...(boxes === undefined ? {} : { boxes }) }
  })
  const used = new Set(samples.map(({ video }) => video))
  const boxClasses = [...new Set(samples.flatMap(classesOfBoxes))].toSorted()
  const parts = {
    labelSets,
    ...(samples.some(({ boxes }) => boxes !== undefined) ? { boxClasses } : {}),
    videos: videos.filter(({ id }) => used.has(id)),
    samples,
    splitSets: splitSetsOf(found, splits),
  }
  const unreadable = inspected.flatMap((video): BrokenVideo[] =>
    'reason' in video ? [{ path: video.path, reason: video.reason }] : [],
  )
  const unusable = taken.flatMap((sample): BrokenVideo[] => ('reason' in sample ? [sample] : []))
  const broken = [...unreadable, ...unusable, ...missing].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return { name, root, createdAt, digest: digestOf(parts), ...parts, broken }
}

interface AnnotatedSample {
  readonly id: string
  /** Id of the video. */
  readonly video: string
  /** Null for the whole video. */
  readonly span: Span | null
  readonly annotation: Annotation
  readonly boxes?: BoundingBox[]
}

/** Longer than a part by less than this, a video was cut to it: players and containers round. */
const cutToleranceMs = 1000
/** The same for a part of many minutes, which players and scripts round to seconds. */
const longCutToleranceMs = 10_000

function samplesOfVideo(video: Video, annotations: readonly Annotation[]): (AnnotatedSample | BrokenVideo)[] {
  const { id, path, durationMs, frameCount, framesPerSecond } = video
  /** Number of samples by span: lists have several actions at the same time. */
  let seen: Map<string, number> | undefined
  return annotations.map((annotation) => {
    const { part } = annotation
    if (part === undefined) return { id, video: id, span: null, annotation }
    const cutMs = cutBefore(part, durationMs)
    if (part.cut === undefined && durationMs < part.endMs - part.startMs + cutToleranceMs)
      return annotations.length === 1
        ? { id, video: id, span: null, annotation }
        : { path, reason: `Of its listed parts the video has only one (it takes ${seconds(durationMs)} s).` }
    const frameAt = (ms: number) => Math.round(((ms - cutMs) * framesPerSecond) / 1000)
    const firstFrame = Math.max(0, frameAt(part.startMs))
    const end = Math.max(firstFrame + 1, frameAt(part.endMs))
    const count = Math.min(frameCount, end) - firstFrame
    if (count <= 0 || frameAt(part.endMs) <= 0)
      return {
        path,
        reason:
          count <= 0
            ? `The part from ${seconds(part.startMs)} to ${seconds(part.endMs)} s begins after its end (${seconds(cutMs + durationMs)} s).`
            : `The part from ${seconds(part.startMs)} to ${seconds(part.endMs)} s ends before its beginning (${seconds(cutMs)} s).`,
      }
    const boxes = annotation.boxes?.map(({ atMs, x, y, width, height, labels, person }): BoundingBox => ({
      frameIndex: Math.min(frameCount - 1, Math.max(0, frameAt(atMs))),
      x,
      y,
      width,
      height,
      labels: [...labels],
      ...(person === undefined ? {} : { person }),
    }))
    const span = `${path}#${firstFrame}+${count}`
    seen ??= new Map()
    const earlier = seen.get(span) ?? 0
    seen.set(span, earlier + 1)
    return {
      id: videoId(earlier === 0 ? span : `${span}#${earlier}`),
      video: id,
      span: { firstFrame, frameCount: count },
      annotation,
      ...(boxes === undefined ? {} : { boxes }),
    }
  })
}

/** What a copy of a video lacks at its beginning. */
const cutBefore = ({ cut }: Part, durationMs: number): number =>
  cut !== undefined && durationMs < cut.endMs - cut.startMs + longCutToleranceMs ? cut.startMs : 0

const seconds = (ms: number): string => (ms / 1000).toFixed(1).replace(/\.0$/, '')

/** The split sets; the first of several official ones is the default. */
function splitSetsOf(
  samples: readonly AnnotatedSample[],
  drawn: ReadonlyMap<string, Split>,
): DatasetManifest['splitSets'] {
  const official = officialSplitSets(samples.map(({ annotation }) => annotation))
  const [first] = official
  const set = (name: string, splitOf: (annotation: Annotation) => Split | undefined) => {
    const splits: Record<string, Split> = {}
    for (const { id, annotation } of samples) {
      const split = splitOf(annotation)
      if (split !== undefined) splits[id] = split
    }
    return { name, splits }
  }
  if (first === undefined)
    return [set(defaultSplitSet, (annotation) => splitIn(undefined, annotation, drawn) ?? 'train')]
  return [
    set(defaultSplitSet, (annotation) => splitIn(first, annotation, drawn)),
    ...official.map((name) => set(name, (annotation) => splitIn(name, annotation, drawn))),
  ]
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

/** Id of a video or a part of it, stable and safe as a file name: the first 16 hex digits of the SHA-256 of the path. */
export function videoId(path: string): string {
  return hash('sha256', path, 'hex').slice(0, 16)
}

/** Runs compare this digest, so it must stay the same for whole videos as it was in manifests of version 1. */
export function digestOf({
  labelSets,
  videos,
  samples,
  splitSets,
}: Pick<DatasetManifest, 'labelSets' | 'videos' | 'samples' | 'splitSets'>): string {
  const digest = createHash('sha256')
  const videoOf = new Map(videos.map((video) => [video.id, video]))
  const splits = splitSets.find(({ name }) => name === defaultSplitSet)?.splits ?? {}
  for (const { id, video, span, labels, boxes } of samples) {
    const of = videoOf.get(video)
    if (of === undefined) continue
    const classes = labelSets.map((labelSet) => [labelSet.name, classNameOf({ labels }, labelSet)])
    const annotations = span === undefined && boxes === undefined ? [] : [{ span, boxes }]
    digest.update(`${JSON.stringify([of.path, of.digest, splits[id] ?? null, classes, ...annotations])}\n`)
  }
  const official = splitSets.filter(({ name }) => name !== defaultSplitSet)
  if (official.length > 0) digest.update(JSON.stringify(official))
  return digest.digest('hex')
}
