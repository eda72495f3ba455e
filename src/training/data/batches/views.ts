import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { Sample, Split } from '#contract/domain/dataset.ts'
import type { FinetuneConfiguration } from '#contract/stages/finetune.ts'
import { type ClipPlan, decodedVideo } from '../clip.ts'
import { testCrop } from '../crops.ts'
import { decodedShortSide } from '../geometry.ts'
import { ClipLoader, type PlannedClip } from '../load-clips.ts'
import { batchesAhead, createLoader, type Loader } from '../loader.ts'
import { writePixels } from '../normalize.ts'
import { PixelMemory } from '../pixel-memory.ts'
import { framesOf, segmentViewFrames, viewFrames } from '../sampling.ts'
import { type DataSource, requireSamples } from '../source.ts'
import { type LabelledBatch, labelsOf } from './batch.ts'

/** Which views of which videos to test. */
export interface ViewSettings {
  readonly split: Split
  readonly temporalViews: number
  readonly spatialViews: number
  readonly batchSize: number
  /** As in fine-tuning. */
  readonly sampling: FinetuneConfiguration['sampling']
}

/** A batch of views, with the clip and crop that each row is: `clip 1 of 5, crop 2 of 3`. */
export interface ViewBatch extends Omit<LabelledBatch, 'clips'> {
  readonly views: readonly string[]
}

/** A view with its place among all views, counted from 0. */
export interface PlacedView {
  readonly place: number
  readonly plan: ClipPlan
  /** Counted from 0. */
  readonly temporal: number
  readonly spatial: number
}

/** Batches of views. */
export interface Views {
  readonly steps: number
  readonly samples: readonly Sample[]
  /** `video` [B, 3, T, S, S] and `labels` [B]: the first `samples.length` rows are views, the others are zeros. */
  at(step: number): Promise<ViewBatch>
  /** The views of a sample, in their order. None if it has no class. */
  ofSample(id: string): readonly PlacedView[]
  /** Reuses the memory of a batch. Call it when nothing reads the batch any more. */
  release(batch: ViewBatch): void
}

/**
 * Views of every sample of a split that has a class, ordered by sample, then time, then crop. Views of a video that cannot
 * be read are skipped, so a batch may hold fewer.
 * @throws StudioError `dataset-empty` if no sample has a class, `video-unreadable` if more than half of the videos cannot be
 * read.
 */
export function evaluationViews(
  source: DataSource,
  labelSet: string,
  clip: ClipConfiguration,
  { split, temporalViews, spatialViews, batchSize, sampling }: ViewSettings,
): Views {
  const { root } = source.manifest
  const samples = requireSamples(source.manifest, split, labelSet)
  const shortSide = decodedShortSide(clip.imageSize)
  const loader = new ClipLoader(source)
  const viewsPerSample = temporalViews * spatialViews
  const viewCount = samples.length * viewsPerSample
  const unreadable = new Set<string>()
  const memory = new PixelMemory()

  const viewAt = (index: number): (PlannedClip & PlacedView & { view: string })[] => {
    const sample = samples[Math.floor(index / viewsPerSample)]
    if (sample === undefined) return []
    const decoded = decodedVideo(root, sample.video, shortSide)
    const [temporal, spatial] = [Math.floor((index % viewsPerSample) / spatialViews), index % spatialViews]
    const plan = {
      ...decoded,
      frameIndices: framesOf(sample, (frameCount) =>
        sampling === 'segments'
          ? segmentViewFrames(frameCount, clip.frames, temporal, temporalViews)
          : viewFrames(frameCount, clip, temporal, temporalViews),
      ),
      crop: testCrop(decoded.decodedSize, clip.imageSize, spatial, spatialViews),
      flip: false,
      sizes: [clip.imageSize],
      resample: 'bilinear',
    } as const
    const view = `clip ${temporal + 1} of ${temporalViews}, crop ${spatial + 1} of ${spatialViews}`
    return [{ sample, plan, view, place: index, temporal, spatial }]
  }

  return {
    steps: Math.ceil(viewCount / batchSize),
    samples,
    async at(step) {
      const planned = Array.from({ length: batchSize }, (_, index) => viewAt(step * batchSize + index)).flat()
      const loaded = await loader.loadReadable(planned)
      planned.forEach(({ sample }, index) => {
        if (loaded[index] === undefined) unreadable.add(sample.id)
      })
      if (unreadable.size * 2 > samples.length) throw mostUnreadable(unreadable.size, samples.length)
      const clips = loaded.filter((clip) => clip !== undefined)
      const video = memory.take(batchSize * 3 * clip.frames * clip.imageSize ** 2)
      video.fill(0, (clips.length * video.length) / batchSize)
      for (const [index, clip] of clips.entries()) {
        for (const pixels of clip.pixels) writePixels(video, pixels, index * pixels.length)
        loader.release(clip)
      }
      return {
        video,
        labels: labelsOf(clips, labelSet, batchSize),
        samples: clips.map(({ sample }) => sample),
        views: planned.flatMap(({ view }, index) => (loaded[index] === undefined ? [] : [view])),
      }
    },
    ofSample(id) {
      const at = samples.findIndex((sample) => sample.id === id)
      if (at < 0) return []
      return Array.from({ length: viewsPerSample }, (_, index) => viewAt(at * viewsPerSample + index)).flat()
    },
    release: ({ video }) => memory.release(video),
  }
}

/** Takes batches of views in order while the next ones are prepared. */
export const loadViews = (views: Views): Loader<ViewBatch> =>
  createLoader((step) => views.at(step), {
    ahead: batchesAhead,
    end: views.steps,
    release: (batch) => views.release(batch),
  })

function mostUnreadable(count: number, videos: number): StudioError {
  return new StudioError(
    'video-unreadable',
    `${count} of the ${videos} videos to test cannot be read. The log names them.`,
    'Check that the disk with the videos is connected, then check the dataset.',
  )
}
