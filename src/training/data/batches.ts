import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { FinetuneConfiguration } from '#contract/configuration/finetune.ts'
import { samplesPerStep } from '#contract/configuration/rules.ts'
import type { Split, Video } from '#contract/domain/dataset.ts'
import { decodedSize } from '../video/geometry.ts'
import { drawRandAugment } from './augment/rand-augment.ts'
import { multiScaleCrop, randomResizedCrop, testCrop } from './crops.ts'
import { randomlyErase } from './erase.ts'
import { batchesAhead, createLoader, type Loader } from './loader.ts'
import { normalize } from './normalize.ts'
import { PixelMemory } from './pixel-memory.ts'
import { placesOf, type StepShape } from './places.ts'
import type { Draws } from './random.ts'
import {
  epochOrder,
  finetuningFrames,
  pretrainingFrames,
  segmentFrames,
  segmentViewFrames,
  stepsPerEpoch,
  viewFrames,
} from './sampling.ts'
import {
  classOf,
  createReader,
  placeDraws,
  requireVideos,
  type Cut,
  type DataSource,
  type Sample,
  type Wanted,
} from './source.ts'

/** How an epoch is cut into optimizer steps, and those into batches. */
export type BatchSettings = StepShape

/**
 * Batches of a training stage: those of each optimizer step, `part` by `part`. A batch is a function of these two alone,
 * which count from 0, the steps over all epochs.
 */
export interface Batches<B> {
  readonly stepsPerEpoch: number
  at(step: number, part?: number): Promise<B>
  /** Takes a batch's memory back for others, once nothing reads it any more. */
  giveBack(batch: B): void
}

/** `video` [B, 3, T, S, S]; `teacherVideo` [B, 3, T, S', S'] is the same crop at the image teacher's size (the same array where the sizes are equal). */
export interface ClipBatch {
  readonly video: Float32Array
  readonly teacherVideo: Float32Array
  readonly videos: readonly Video[]
}

/** `image` [B, 3, S, S]. */
export interface FrameBatch {
  readonly image: Float32Array
  readonly videos: readonly Video[]
}

/** `video` [B, 3, T, S, S], `labels` [B]. */
export interface LabelledBatch {
  readonly video: Float32Array
  readonly labels: Int32Array
  readonly videos: readonly Video[]
}

/** `video` [B, 3, T, S, S] and `labels` [B], of which the first `videos.length` are views and the rest zeros. */
export type ViewBatch = LabelledBatch

/** Short side at which a video is decoded for crops of `imageSize` px: 320 for 224, as the published data was prepared. */
export function decodedShortSide(imageSize: number): number {
  return Math.round((imageSize * 320) / 224)
}

/** Clips for the video teacher and the student: multi-scale crop, no flip, of all training videos. */
export function pretrainingClips(
  source: DataSource,
  clip: ClipConfiguration,
  settings: BatchSettings & { readonly teacherImageSize?: number },
): Batches<ClipBatch> {
  const { imageSize } = clip
  const teacherSize = settings.teacherImageSize ?? imageSize
  const sizes = teacherSize === imageSize ? [imageSize] : [imageSize, teacherSize]
  const cut = (draws: Draws, video: Video, shortSide: number): Cut => ({
    frames: pretrainingFrames(draws, video.frames, clip),
    box: multiScaleCrop(draws, decodedSize(video, shortSide)),
    flip: false,
    sizes,
    resample: 'antialiased',
  })
  return trainingBatches(
    source,
    requireVideos(source.manifest, 'train'),
    settings,
    'pretraining-clip',
    decodedShortSide(Math.max(...sizes)),
    cut,
    (samples, memory) => {
      const video = stack(samples, 0, memory)
      return {
        video,
        teacherVideo: sizes.length === 1 ? video : stack(samples, 1, memory),
        videos: samples.map((sample) => sample.video),
      }
    },
  )
}

/** Single frames for the image teacher: random resized crop, cubic, and flip, of all training videos. */
export function imageFrames(
  source: DataSource,
  settings: BatchSettings & { readonly imageSize: number; readonly cropAreaMin: number; readonly flip: boolean },
): Batches<FrameBatch> {
  const cut = (draws: Draws, video: Video, shortSide: number): Cut => ({
    frames: [draws.integer(video.frames)],
    box: randomResizedCrop(draws, decodedSize(video, shortSide), settings.cropAreaMin),
    flip: settings.flip && draws.uniform() < 0.5,
    sizes: [settings.imageSize],
    resample: 'antialiased-cubic',
  })
  return trainingBatches(
    source,
    requireVideos(source.manifest, 'train'),
    settings,
    'image-frame',
    decodedShortSide(settings.imageSize),
    cut,
    (samples, memory) => ({
      image: stack(samples, 0, memory),
      videos: samples.map(({ video }) => video),
    }),
  )
}

/** What is done to the clips of fine-tuning. */
export type ClipAugmentation = Pick<
  FinetuneConfiguration,
  | 'sampling'
  | 'cropAreaMin'
  | 'flip'
  | 'randAugment'
  | 'randAugmentMagnitude'
  | 'randAugmentDeviation'
  | 'randomErasing'
>

/**
 * Labelled clips for fine-tuning, of the training videos with a class: RandAugment on whole frames, random resized crop, flip,
 * random erasing, in this order.
 */
export function finetuningClips(
  source: DataSource,
  labelSet: string,
  clip: ClipConfiguration,
  settings: BatchSettings & ClipAugmentation,
): Batches<LabelledBatch> {
  const strength = {
    operations: settings.randAugment,
    magnitude: settings.randAugmentMagnitude,
    deviation: settings.randAugmentDeviation,
  }
  const cut = (draws: Draws, video: Video, shortSide: number): Cut => ({
    frames:
      settings.sampling === 'segments'
        ? segmentFrames(draws, video.frames, clip.frames)
        : finetuningFrames(draws, video.frames, clip),
    box: randomResizedCrop(draws, decodedSize(video, shortSide), settings.cropAreaMin),
    flip: settings.flip && draws.uniform() < 0.5,
    operations: drawRandAugment(draws, strength, decodedSize(video, shortSide)),
    sizes: [clip.imageSize],
    resample: 'bilinear',
  })
  return trainingBatches(
    source,
    requireVideos(source.manifest, 'train', labelSet),
    settings,
    'finetuning-clip',
    decodedShortSide(clip.imageSize),
    cut,
    (samples, memory, drawsAt) => {
      const video = stack(samples, 0, memory)
      const length = video.length / samples.length
      samples.forEach((_, at) =>
        randomlyErase(
          drawsAt('random-erasing', at),
          video.subarray(at * length, (at + 1) * length),
          clip.imageSize,
          settings.randomErasing,
        ),
      )
      return {
        video,
        labels: labelsOf(samples, labelSet, samples.length),
        videos: samples.map((sample) => sample.video),
      }
    },
  )
}

/** Which views of which videos to test. */
export interface ViewSettings {
  readonly split: Split
  readonly temporalViews: number
  readonly spatialViews: number
  readonly batchSize: number
  /** As in fine-tuning. */
  readonly sampling: FinetuneConfiguration['sampling']
}

/** Batches of views. */
export interface Views extends Pick<Batches<ViewBatch>, 'giveBack'> {
  readonly steps: number
  readonly videos: readonly Video[]
  at(step: number): Promise<ViewBatch>
}

/**
 * Views of every video of a split that has a class, video after video, then time, then place. Views of a video that
 * cannot be read are left out, so that a batch may hold fewer; more than half of the videos lost are an error.
 */
export function evaluationViews(
  source: DataSource,
  labelSet: string,
  clip: ClipConfiguration,
  settings: ViewSettings,
): Views {
  const { temporalViews, spatialViews, batchSize, sampling } = settings
  const videos = requireVideos(source.manifest, settings.split, labelSet)
  const shortSide = decodedShortSide(clip.imageSize)
  const read = createReader(source)
  const viewsPerVideo = temporalViews * spatialViews
  const views = videos.length * viewsPerVideo
  const lost = new Set<string>()
  const memory = new PixelMemory()

  const view = (index: number): Wanted[] => {
    const video = videos[Math.floor(index / viewsPerVideo)]
    if (video === undefined) return []
    const [time, place] = [Math.floor((index % viewsPerVideo) / spatialViews), index % spatialViews]
    const cut: Cut = {
      frames:
        sampling === 'segments'
          ? segmentViewFrames(video.frames, clip.frames, time, temporalViews)
          : viewFrames(video.frames, clip, time, temporalViews),
      box: testCrop(decodedSize(video, shortSide), clip.imageSize, place, spatialViews),
      flip: false,
      sizes: [clip.imageSize],
      resample: 'bilinear',
    }
    return [{ video, cut, replacement: undefined }]
  }

  return {
    steps: Math.ceil(views / batchSize),
    videos,
    async at(step) {
      const wanted = Array.from({ length: batchSize }, (_, place) => view(step * batchSize + place)).flat()
      const places = await read(wanted, shortSide)
      wanted.forEach(({ video }, place) => void (places[place] === undefined && lost.add(video.id)))
      if (lost.size * 2 > videos.length) throw mostAreLost(lost.size, videos.length)
      const samples = places.filter((sample) => sample !== undefined)
      const video = memory.take(batchSize * 3 * clip.frames * clip.imageSize ** 2)
      video.fill(0, (samples.length * video.length) / batchSize)
      fill(video, samples, 0)
      return { video, labels: labelsOf(samples, labelSet, batchSize), videos: samples.map((sample) => sample.video) }
    },
    giveBack: ({ video }) => memory.giveBack(video),
  }
}

/** Hands out batches of views, the following ones already being prepared. */
export const loadViews = (views: Views): Loader<ViewBatch> =>
  createLoader(
    (step) => views.at(step),
    batchesAhead,
    views.steps,
    (batch) => views.giveBack(batch),
  )

/** The random numbers that belong to one place of a batch, for a purpose. */
type DrawsAt = (purpose: string, at: number) => Draws

function trainingBatches<B extends object>(
  source: DataSource,
  videos: readonly Video[],
  settings: BatchSettings,
  purpose: string,
  shortSide: number,
  cut: (draws: Draws, video: Video, shortSide: number) => Cut,
  collate: (samples: readonly Sample[], memory: PixelMemory, drawsAt: DrawsAt) => B,
): Batches<B> {
  const { samplesPerVideo } = settings
  const perStep = samplesPerStep(settings)
  const steps = stepsPerEpoch(videos.length, samplesPerVideo, perStep)
  if (steps === 0) throw stepTooLarge(settings, videos.length)
  const read = createReader(source)
  const memory = new PixelMemory()
  let order: { epoch: number; indices: Int32Array } | undefined

  const videoAt = (index: number | undefined): Video => {
    const video = index === undefined ? undefined : videos[index]
    if (video === undefined) throw new RangeError(`no video has the number ${index}`)
    return video
  }
  return {
    stepsPerEpoch: steps,
    async at(step, part = 0) {
      const epoch = Math.floor(step / steps)
      if (order?.epoch !== epoch) order = { epoch, indices: epochOrder(source.seed, epoch, videos.length) }
      const { indices } = order
      const first = (step % steps) * perStep
      const places = placesOf(settings, part)
      const taken = (video: Video, place: number, attempt: number) => ({
        video,
        cut: cut(placeDraws(source, purpose, step, place, attempt), video, shortSide),
      })
      const wanted = Array.from(places, (place): Wanted => ({
        ...taken(videoAt(indices[Math.floor((first + place) / samplesPerVideo)]), place, 0),
        replacement: (attempt) =>
          taken(
            videoAt(placeDraws(source, 'replacement', step, place, attempt).integer(videos.length)),
            place,
            attempt,
          ),
      }))
      const samples = (await read(wanted, shortSide)).filter((sample) => sample !== undefined)
      return collate(samples, memory, (purpose, at) => placeDraws(source, purpose, step, places[at] ?? 0, 0))
    },
    giveBack: (batch) => memory.giveBack(...Object.values(batch).filter((value) => value instanceof Float32Array)),
  }
}

function stepTooLarge({ batchSize, accumulationSteps, samplesPerVideo }: BatchSettings, videos: number): StudioError {
  const step =
    accumulationSteps === 1
      ? `The batch of ${batchSize} samples is`
      : `An optimizer step of ${accumulationSteps} batches of ${batchSize} samples is`
  const hint =
    accumulationSteps === 1
      ? 'Lower batchSize, or raise samplesPerVideo.'
      : 'Lower accumulationSteps or batchSize, or raise samplesPerVideo.'
  return new StudioError(
    'configuration-invalid',
    `${step} larger than an epoch: ${videos} videos with ${samplesPerVideo} samples each.`,
    hint,
  )
}

/** Normalised pixels of all samples at one of their sizes: [B, 3, T, S, S]. */
function stack(samples: readonly Sample[], size: number, memory: PixelMemory): Float32Array {
  const stacked = memory.take(samples.reduce((sum, { pixels }) => sum + (pixels[size]?.length ?? 0), 0))
  fill(stacked, samples, size)
  return stacked
}

/** Writes normalised pixels one sample after the other. */
function fill(out: Float32Array, samples: readonly Sample[], size: number): void {
  let offset = 0
  for (const { pixels } of samples) {
    const own = pixels[size]
    if (own === undefined) continue
    normalize(own, out, offset)
    offset += own.length
  }
}

function mostAreLost(lost: number, videos: number): StudioError {
  return new StudioError(
    'video-unreadable',
    `${lost} of the ${videos} videos to test cannot be read; the log names them.`,
    'Check that the disk with the videos is connected, then check the dataset.',
  )
}

function labelsOf(samples: readonly Sample[], labelSet: string, length: number): Int32Array {
  const labels = new Int32Array(length)
  samples.forEach(({ video }, sample) => {
    labels[sample] = classOf(video, labelSet) ?? 0
  })
  return labels
}
