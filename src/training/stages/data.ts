import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { BatchClip } from '#contract/domain/divergence.ts'
import type { DistillConfiguration } from '#contract/stages/distill.ts'
import type { FinetuneConfiguration } from '#contract/stages/finetune.ts'
import type { ImageTeacherConfiguration } from '#contract/stages/image-teacher.ts'
import type { VideoTeacherConfiguration } from '#contract/stages/video-teacher.ts'
import { clipSpec, floatTensor, maskTensors } from '../data/batch-tensors.ts'
import type { LabelledBatch } from '../data/batches/batch.ts'
import { finetuningClips } from '../data/batches/finetuning.ts'
import { pretrainingClips, pretrainingImages } from '../data/batches/pretraining.ts'
import type { Batches } from '../data/batches/training.ts'
import { batchesAhead, createLoader } from '../data/loader.ts'
import { type Mask, randomMask, tubeMask } from '../data/masks.ts'
import { positionsInStep, type StepShape } from '../data/micro-batch.ts'
import { draws } from '../data/random.ts'
import { runningCell } from '../data/running-cell.ts'
import type { DataSource } from '../data/source.ts'
import { gridOf } from '../model/patches.ts'
import type { KnownTargets, SeenByTeachers } from '../targets/known-targets.ts'
import type { HostTensor } from '../tensor/host-tensor.ts'
import { requireLabelSet, type StageContext } from './stage.ts'

/** The batches of a stage by step and micro-batch. The next ones are prepared in advance. */
export interface StepData<B> extends Disposable {
  readonly stepsPerEpoch: number
  /** Starts to prepare the batches from a step on, before the first is taken. */
  prepareFrom(step: number): void
  /** The batch of a micro-batch, both counted from 0. Its arrays are valid until the next call. */
  take(step: number, microBatch: number): Promise<B>
}

/**
 * A masked clip: `video` [B, 3, T, S, S], the same crop for the image teacher, `visible` [B, Nv], `masked` [B, Nm], of which
 * decoder masking leaves some out.
 */
export interface MaskedClips {
  readonly video: HostTensor
  readonly imageVideo: HostTensor
  readonly visible: HostTensor
  readonly masked: HostTensor
  readonly clips: readonly BatchClip[]
  /** What is known of the teachers' features. */
  readonly known: KnownTargets
}

/** Masked frames: `image` [B, 3, S, S], `visible` [B, Nv], `masked` [B, Nm]. */
export interface MaskedFrames {
  readonly image: HostTensor
  readonly visible: HostTensor
  readonly masked: HostTensor
  readonly clips: readonly BatchClip[]
}

/**
 * Clips with a tube mask each, optionally with running cell masking, for the video teacher and the student. `lookUp` finds features of teachers
 * while a batch is prepared.
 */
export function maskedClips(
  context: StageContext,
  configuration: VideoTeacherConfiguration | DistillConfiguration,
  teacherImageSize?: number,
  lookUp: (clips: SeenByTeachers) => Promise<KnownTargets> = () => Promise.resolve({}),
): StepData<MaskedClips> {
  const { clip, seed } = context
  const { batchSize } = configuration
  const teacherSize = teacherImageSize ?? clip.imageSize
  const batches = pretrainingClips(sourceOf(context), clip, { ...configuration, teacherImageSize: teacherSize })
  return prepared(batches, configuration, async ({ plans, clips, ...pixels }, step, microBatch) => {
    const video = floatTensor(clipSpec(batchSize, clip).shape, pixels.video)
    const imageVideo = floatTensor(clipSpec(batchSize, clip, teacherSize).shape, pixels.imageVideo)
    const masks = Array.from(positionsInStep(configuration, microBatch), (position) =>
      clipMask(seed, configuration, clip, step, position),
    )
    return {
      video,
      imageVideo,
      ...maskTensors(masks),
      clips,
      known: await lookUp({ video, imageVideo, plans }),
    }
  })
}

/** Single frames with a random mask each, for the image teacher. */
export function maskedFrames(context: StageContext, configuration: ImageTeacherConfiguration): StepData<MaskedFrames> {
  const { seed } = context
  const { batchSize, imageSize } = configuration
  const batches = pretrainingImages(sourceOf(context), configuration)
  return prepared(batches, configuration, ({ image, clips }, step, microBatch) => {
    const masks = Array.from(positionsInStep(configuration, microBatch), (position) =>
      frameMask(seed, configuration, step, position),
    )
    return {
      image: floatTensor([batchSize, 3, imageSize, imageSize], image),
      ...maskTensors(masks),
      clips,
    }
  })
}

/** Mask of the clip at a position of a step, both counted from 0. Of the masked tokens those that the decoder leaves out are not listed. */
export function clipMask(
  seed: number,
  { maskRatio, decoderMaskRatio }: Pick<VideoTeacherConfiguration, 'maskRatio' | 'decoderMaskRatio'>,
  clip: ClipConfiguration,
  step: number,
  position: number,
): Mask {
  const { visible, masked } = tubeMask(draws(seed, 'mask', step, position), gridOf(clip), maskRatio)
  const cell = draws(seed, 'running-cell', step, position)
  return { visible, masked: runningCell(cell, masked, gridOf(clip), decoderMaskRatio) }
}

/** Mask of the frame at a position of a step, both counted from 0. */
export const frameMask = (
  seed: number,
  { imageSize, patchSize, maskRatio }: Pick<ImageTeacherConfiguration, 'imageSize' | 'patchSize' | 'maskRatio'>,
  step: number,
  position: number,
): Mask => randomMask(draws(seed, 'mask', step, position), (imageSize / patchSize) ** 2, maskRatio)

/** Labelled clips for fine-tuning, as plain arrays because mixup and CutMix change them. */
export function labelledClips(
  context: StageContext,
  configuration: FinetuneConfiguration,
): StepData<Omit<LabelledBatch, 'samples'>> {
  const batches = finetuningClips(sourceOf(context), requireLabelSet(context).name, context.clip, configuration)
  return prepared(batches, configuration, ({ video, labels, clips }) => ({ video, labels, clips }))
}

export const sourceOf = ({ manifest, clipReader, seed, warn }: StageContext): DataSource => ({
  manifest,
  reader: clipReader,
  seed,
  warn,
})

function prepared<P, B>(
  batches: Batches<P>,
  { accumulationSteps, epochs }: StepShape & { readonly epochs: number },
  make: (pixels: P, step: number, microBatch: number) => B | Promise<B>,
): StepData<B> {
  const { stepsPerEpoch } = batches
  const prepare = async (index: number): Promise<{ pixels: P; batch: B }> => {
    const [step, microBatch] = [Math.floor(index / accumulationSteps), index % accumulationSteps]
    const pixels = await batches.at(step, microBatch)
    return { pixels, batch: await make(pixels, step, microBatch) }
  }
  const loader = createLoader(prepare, {
    ahead: batchesAhead,
    end: stepsPerEpoch * accumulationSteps * epochs,
    release: ({ pixels }) => batches.release(pixels),
  })
  return {
    stepsPerEpoch,
    prepareFrom: (step) => loader.prepareFrom(step * accumulationSteps),
    take: async (step, microBatch) => (await loader.take(step * accumulationSteps + microBatch)).batch,
    [Symbol.dispose]: () => loader[Symbol.dispose](),
  }
}
