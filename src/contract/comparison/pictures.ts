import type { ClipConfiguration } from '../configuration/clip.ts'
import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import type { MediaItem } from '../domain/media.ts'
import type { Pipeline } from '../domain/pipeline.ts'
import type { Run } from '../domain/run.ts'
import { formatShare } from '../format.ts'

/** A picture with what decides which pixels it shows. */
export interface Pictured {
  readonly item: MediaItem
  readonly dataset: string
  readonly datasetDigest: string
  /** Null for an imported run, which has no pictures. */
  readonly frameStride: ClipConfiguration['frameStride'] | null
  /** Whether patches are predicted with mean 0 and variance 1 and drawn with their true mean and contrast; null without such a choice. */
  readonly isNormalized: boolean | null
}

/** A picture of a run, with what else decides its pixels. */
export const picturedOf = (
  item: MediaItem,
  {
    run,
    pipeline,
  }: { run: Pick<Run, 'dataset' | 'stage'>; pipeline: Pick<Pipeline, 'datasetDigest' | 'configuration'> },
): Pictured => ({
  item,
  dataset: run.dataset,
  datasetDigest: pipeline.datasetDigest,
  frameStride: pipeline.configuration?.clip.frameStride ?? null,
  isNormalized: pipeline.configuration === null ? null : normalizesTarget(pipeline.configuration[run.stage]),
})

const normalizesTarget = (settings: PipelineConfiguration[Run['stage']]): boolean | null =>
  'normalizeTarget' in settings ? settings.normalizeTarget : null

/**
 * The picture of a clip that was made nearest to a step; of two equally near ones, the earlier. Without a picture of the clip, the
 * nearest of any clip. Undefined without pictures.
 * @param items sorted by step
 */
export function nearestPicture(
  items: readonly MediaItem[],
  step: number,
  video: string | undefined,
): MediaItem | undefined {
  const ofVideo = items.filter((item) => item.video === video)
  let best: MediaItem | undefined
  for (const item of ofVideo.length > 0 ? ofVideo : items)
    if (best === undefined || Math.abs(item.step - step) < Math.abs(best.step - step)) best = item
  return best
}

/** Share of the tokens that are masked, from 0 to 1. */
export const maskedShare = ({ mask }: Pick<MediaItem, 'mask'>): number =>
  mask.filter((bit) => bit === 1).length / mask.length

const pictureAspects = [
  'dataset',
  'version',
  'video',
  'kind',
  'frames',
  'stride',
  'size',
  'tokens',
  'maskRatio',
  'mask',
  'targets',
] as const
/** Something by which two pictures are not of the same clip under the same mask, with both values. */
export interface PictureDifference {
  readonly aspect: (typeof pictureAspects)[number]
  readonly own: string
  readonly reference: string
}

/**
 * Why a picture cannot be compared with a reference pixel by pixel; empty if both show the same clip under the same mask. The
 * reason with the most consequences comes first: pictures of different videos differ in everything else, too.
 */
export function pictureDifferences(reference: Pictured, own: Pictured): PictureDifference[] {
  const compare = (aspect: PictureDifference['aspect'], read: (picture: Pictured) => string): PictureDifference[] => {
    const [first, second] = [read(reference), read(own)]
    return first === second ? [] : [{ aspect, own: second, reference: first }]
  }
  const data = compare('dataset', ({ dataset }) => dataset)
  const ratios = compare('maskRatio', ({ item }) => formatShare(maskedShare(item)))
  const grids = compare('tokens', ({ item }) => item.grid.join(' × '))
  return [
    ...data,
    ...(data.length > 0 ? [] : compare('version', ({ datasetDigest }) => datasetDigest.slice(0, 12))),
    ...compare('video', ({ item }) => item.video),
    ...compare('kind', ({ item }) => item.kind),
    ...compare('frames', ({ item }) => String(item.frames)),
    ...(reference.item.frames > 1 && own.item.frames > 1
      ? compare('stride', ({ frameStride }) => String(frameStride))
      : []),
    ...compare('size', ({ item }) => String(item.imageSize)),
    ...grids,
    ...ratios,
    // Masks of other grids or ratios cannot be the same.
    ...(grids.length + ratios.length > 0 ? [] : compare('mask', ({ item }) => item.mask.join(''))),
    ...(reference.isNormalized === null || own.isNormalized === null
      ? []
      : compare('targets', ({ isNormalized }) => String(isNormalized))),
  ]
}
