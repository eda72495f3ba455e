import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { FinetuneConfiguration } from '#contract/stages/finetune.ts'
import { drawRandAugment } from '../augment/rand-augment.ts'
import { randomResizedCrop } from '../crops.ts'
import { decodedShortSide } from '../geometry.ts'
import { batchClipOf } from '../load-clips.ts'
import type { StepShape } from '../micro-batch.ts'
import { finetuningFrames, framesOf, segmentFrames } from '../sampling.ts'
import { type DataSource, requireSamples } from '../source.ts'
import { type LabelledBatch, labelsOf, stackOf } from './batch.ts'
import { type Batches, type BatchRecipe, trainingBatches } from './training.ts'

/** Sampling and augmentation of fine-tuning. */
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
 * Labelled clips for fine-tuning, of the training videos with a class: RandAugment on whole frames, random resized crop,
 * flip, random erasing, in this order.
 */
export const finetuningClips = (
  source: DataSource,
  labelSet: string,
  clip: ClipConfiguration,
  settings: StepShape & ClipAugmentation,
): Batches<LabelledBatch> => trainingBatches(source, finetuningRecipe(source, labelSet, clip, settings))

/** How `finetuningClips` are made. */
export function finetuningRecipe(
  source: DataSource,
  labelSet: string,
  clip: ClipConfiguration,
  settings: StepShape & ClipAugmentation,
): BatchRecipe<LabelledBatch> {
  const strength = {
    operations: settings.randAugment,
    magnitude: settings.randAugmentMagnitude,
    deviation: settings.randAugmentDeviation,
  }
  return {
    samples: requireSamples(source.manifest, 'train', labelSet),
    shape: settings,
    purpose: 'finetuning-clip',
    shortSide: decodedShortSide(clip.imageSize),
    // The draws are made in the order of these properties.
    plan: (draws, sample, decoded) => ({
      ...decoded,
      frameIndices: framesOf(sample, (frameCount) =>
        settings.sampling === 'segments'
          ? segmentFrames(draws, frameCount, clip.frames)
          : finetuningFrames(draws, frameCount, clip),
      ),
      crop: randomResizedCrop(draws, decoded.decodedSize, settings.cropAreaMin),
      flip: settings.flip && draws.uniform() < 0.5,
      operations: drawRandAugment(draws, strength, decoded.decodedSize),
      sizes: [clip.imageSize],
      resample: 'bilinear',
    }),
    erasing: settings.randomErasing,
    collate: ({ clips, stacks }) => ({
      video: stackOf(stacks, 0),
      labels: labelsOf(clips, labelSet, clips.length),
      samples: clips.map(({ sample }) => sample),
      clips: clips.map(batchClipOf),
    }),
  }
}
