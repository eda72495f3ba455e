import type { DistillConfiguration } from '#contract/configuration/distill.ts'
import type { FinetuneConfiguration } from '#contract/configuration/finetune.ts'
import type { ImageTeacherConfiguration } from '#contract/configuration/image-teacher.ts'
import type { VideoTeacherConfiguration } from '#contract/configuration/video-teacher.ts'
import type { Video } from '#contract/dataset.ts'
import { type Batches, finetuningClips, imageFrames, type LabelledBatch, pretrainingClips } from '../data/batches.ts'
import { createLoader } from '../data/loader.ts'
import { randomMask, tubeMask } from '../data/masks.ts'
import { draws } from '../data/random.ts'
import type { DataSource } from '../data/source.ts'
import type { HostTensor } from '../engine/engine.ts'
import { gridOf } from '../model/patches.ts'
import { labelSetOf } from './classes.ts'
import type { StageContext } from './stage.ts'
import { clipSpec, floatTensor, maskTensors } from './tensors.ts'

/** Batches prepared while the engine computes the one before. */
const batchesAhead = 2

/** A stage's batches, one a step, the following ones already being prepared. */
export interface StepData<B> extends Disposable {
  readonly stepsPerEpoch: number
  take(step: number): Promise<B>
}

/** A masked clip: `video` [B, 3, T, S, S], the same crop for the image teacher, `visible` [B, Nv], `masked` [B, Nm]. */
export interface MaskedClips {
  readonly video: HostTensor
  readonly imageVideo: HostTensor
  readonly visible: HostTensor
  readonly masked: HostTensor
  readonly videos: string[]
}

/** Masked frames: `image` [B, 3, S, S], `visible` [B, Nv], `masked` [B, Nm]. */
export interface MaskedFrames {
  readonly image: HostTensor
  readonly visible: HostTensor
  readonly masked: HostTensor
  readonly videos: string[]
}

/** Clips with a tube mask each, for the video teacher and the student. */
export function maskedClips(context: StageContext, configuration: VideoTeacherConfiguration | DistillConfiguration, teacherImageSize?: number): StepData<MaskedClips> {
  const { clip, general } = context.file
  const { batchSize, maskRatio, epochs } = configuration
  const teacherSize = teacherImageSize ?? clip.imageSize
  const batches = pretrainingClips(sourceOf(context), clip, { ...configuration, teacherImageSize: teacherSize })
  return prepared(batches, epochs, async (step) => {
    const { video, teacherVideo, videos } = await batches.at(step)
    const masks = Array.from({ length: batchSize }, (_, sample) => tubeMask(draws(general.seed, 'mask', step, sample), gridOf(clip), maskRatio))
    return {
      video: floatTensor(clipSpec(batchSize, clip).shape, video),
      imageVideo: floatTensor(clipSpec(batchSize, clip, teacherSize).shape, teacherVideo),
      ...maskTensors(masks),
      videos: videos.map(pathOf),
    }
  })
}

/** Single frames with a random mask each, for the image teacher. */
export function maskedFrames(context: StageContext, configuration: ImageTeacherConfiguration): StepData<MaskedFrames> {
  const { seed } = context.file.general
  const { batchSize, maskRatio, imageSize, patchSize, epochs } = configuration
  const batches = imageFrames(sourceOf(context), configuration)
  return prepared(batches, epochs, async (step) => {
    const { image, videos } = await batches.at(step)
    const masks = Array.from({ length: batchSize }, (_, sample) => randomMask(draws(seed, 'mask', step, sample), (imageSize / patchSize) ** 2, maskRatio))
    return { image: floatTensor([batchSize, 3, imageSize, imageSize], image), ...maskTensors(masks), videos: videos.map(pathOf) }
  })
}

/** Labelled clips for fine-tuning, as plain arrays because they are still to be mixed. */
export function labelledClips(context: StageContext, configuration: FinetuneConfiguration): StepData<Omit<LabelledBatch, 'videos'> & { videos: string[] }> {
  const batches = finetuningClips(sourceOf(context), labelSetOf(context).name, context.file.clip, configuration)
  return prepared(batches, configuration.epochs, async (step) => {
    const { video, labels, videos } = await batches.at(step)
    return { video, labels, videos: videos.map(pathOf) }
  })
}

export const sourceOf = ({ manifest, pool, file, warn }: StageContext): DataSource => ({ manifest, pool, seed: file.general.seed, warn })

function prepared<B>({ stepsPerEpoch }: Batches<unknown>, epochs: number, make: (step: number) => Promise<B>): StepData<B> {
  const loader = createLoader(make, batchesAhead, stepsPerEpoch * epochs)
  return { stepsPerEpoch, take: (step) => loader.take(step), [Symbol.dispose]: () => loader[Symbol.dispose]() }
}

const pathOf = (video: Video): string => video.path
