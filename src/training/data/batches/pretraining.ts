import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { multiScaleCrop, randomResizedCrop } from '../crops.ts'
import { decodedShortSide } from '../geometry.ts'
import { batchClipOf } from '../load-clips.ts'
import type { StepShape } from '../micro-batch.ts'
import { framesOf, pretrainingFrames } from '../sampling.ts'
import { type DataSource, requireSamples } from '../source.ts'
import { type ClipBatch, type ImageBatch, stackOf } from './batch.ts'
import { type Batches, type BatchRecipe, trainingBatches } from './training.ts'

/** Clips for the video teacher and the student, of all training videos: multi-scale crop, no flip. */
export const pretrainingClips = (
  source: DataSource,
  clip: ClipConfiguration,
  settings: ClipBatchSettings,
): Batches<ClipBatch> => trainingBatches(source, clipRecipe(source, clip, settings))

export type ClipBatchSettings = StepShape & {
  readonly teacherImageSize?: number
  /** Fixed draws of each video, used in turn; 0 draws another one each time. */
  readonly targetCache?: number
}

/** How `pretrainingClips` are made. */
export function clipRecipe(
  source: DataSource,
  clip: ClipConfiguration,
  settings: ClipBatchSettings,
): BatchRecipe<ClipBatch> {
  const { imageSize } = clip
  const teacherSize = settings.teacherImageSize ?? imageSize
  const sizes = teacherSize === imageSize ? [imageSize] : [imageSize, teacherSize]
  return {
    samples: requireSamples(source.manifest, 'train'),
    shape: settings,
    purpose: 'pretraining-clip',
    shortSide: decodedShortSide(Math.max(...sizes)),
    fixedDraws: settings.targetCache ?? 0,
    plan: (draws, sample, decoded) => ({
      ...decoded,
      frameIndices: framesOf(sample, (frameCount) => pretrainingFrames(draws, frameCount, clip)),
      crop: multiScaleCrop(draws, decoded.decodedSize),
      flip: false,
      sizes,
      resample: 'antialiased',
    }),
    collate({ clips, stacks }) {
      const video = stackOf(stacks, 0)
      return {
        video,
        imageVideo: sizes.length === 1 ? video : stackOf(stacks, 1),
        samples: clips.map(({ sample }) => sample),
        plans: clips.map(({ plan }) => plan),
        clips: clips.map(batchClipOf),
      }
    },
  }
}

/** Single frames for the image teacher, of all training videos: random resized crop with a cubic kernel, and flip. */
export const pretrainingImages = (source: DataSource, settings: ImageBatchSettings): Batches<ImageBatch> =>
  trainingBatches(source, imageRecipe(source, settings))

export type ImageBatchSettings = StepShape & {
  readonly imageSize: number
  readonly cropAreaMin: number
  readonly flip: boolean
}

/** How `pretrainingImages` are made. */
export function imageRecipe(source: DataSource, settings: ImageBatchSettings): BatchRecipe<ImageBatch> {
  return {
    samples: requireSamples(source.manifest, 'train'),
    shape: settings,
    purpose: 'image-frame',
    shortSide: decodedShortSide(settings.imageSize),
    plan: (draws, sample, decoded) => ({
      ...decoded,
      frameIndices: framesOf(sample, (frameCount) => [draws.integer(frameCount)]),
      crop: randomResizedCrop(draws, decoded.decodedSize, settings.cropAreaMin),
      flip: settings.flip && draws.uniform() < 0.5,
      sizes: [settings.imageSize],
      resample: 'antialiased-cubic',
    }),
    collate: ({ clips, stacks }) => ({
      image: stackOf(stacks, 0),
      samples: clips.map(({ sample }) => sample),
      clips: clips.map(batchClipOf),
    }),
  }
}
