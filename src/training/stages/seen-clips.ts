import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { EvaluateConfiguration } from '#contract/stages/evaluate.ts'
import type { StageConfiguration } from '#contract/stages/index.ts'
import { finetuningRecipe } from '../data/batches/finetuning.ts'
import { clipRecipe, imageRecipe } from '../data/batches/pretraining.ts'
import { type BatchRecipe, clipOrder } from '../data/batches/training.ts'
import { evaluationViews } from '../data/batches/views.ts'
import type { DataSource } from '../data/source.ts'
import type { StageClips } from '../pictures/seen-clip.ts'
import { clipMask, frameMask } from './data.ts'

/** Settings of a stage that shape its clips. */
export interface SeenSettings {
  readonly task: StageConfiguration
  readonly clip: ClipConfiguration
  /** Label set of fine-tuning and the test. */
  readonly labels: string | null
}

/**
 * The clips of each stage, for pictures of what the model sees.
 * @throws StudioError `bad-request` if the stage needs a label set
 */
export function stageClips(source: DataSource, { task, clip, labels }: SeenSettings): StageClips {
  const { seed } = source
  switch (task.stage) {
    case 'image-teacher': {
      const { configuration } = task
      return {
        ...trained(source, imageRecipe(source, configuration)),
        geometry: { ...configuration, tubeletSize: 1 },
        mask: (step, position) => frameMask(seed, configuration, step, position),
      }
    }
    case 'video-teacher':
    case 'distill': {
      const { configuration } = task
      return {
        ...trained(source, clipRecipe(source, clip, configuration)),
        geometry: clip,
        mask: (step, position) => clipMask(seed, configuration, clip, step, position),
      }
    }
    case 'finetune':
      return {
        ...trained(source, finetuningRecipe(source, requireLabels(labels), clip, task.configuration)),
        geometry: clip,
      }
    case 'evaluate':
      return { ...tested(source, requireLabels(labels), clip, task.configuration), geometry: clip }
  }
}

type Taken = Pick<StageClips, 'samples' | 'split' | 'stepsPerEpoch' | 'takes'>

function trained(source: DataSource, recipe: BatchRecipe<unknown>): Taken {
  const order = clipOrder(source, recipe)
  return {
    samples: recipe.samples,
    split: 'train',
    stepsPerEpoch: order.stepsPerEpoch,
    takes: (sample, epoch) =>
      order.placesOf(epoch, sample).map(({ step, position }) => ({
        step,
        position,
        plan: order.clipAt(step, position, 0).plan,
        view: null,
      })),
  }
}

/** A test takes the same views every time. */
function tested(
  source: DataSource,
  labels: string,
  clip: ClipConfiguration,
  { temporalViews, spatialViews, batchSize, sampling }: EvaluateConfiguration,
): Taken {
  const split = 'test'
  const views = evaluationViews(source, labels, clip, {
    split,
    temporalViews,
    spatialViews,
    batchSize,
    sampling,
  })
  return {
    samples: views.samples,
    split,
    stepsPerEpoch: views.steps,
    takes: (sample) =>
      views.ofSample(sample).map(({ place, plan, temporal, spatial }) => ({
        step: Math.floor(place / batchSize),
        position: place % batchSize,
        plan,
        view: { clip: temporal + 1, clips: temporalViews, crop: spatial + 1, crops: spatialViews },
      })),
  }
}

function requireLabels(labels: string | null): string {
  if (labels === null)
    throw new StudioError('bad-request', 'The stage needs a label set.', 'Choose one of the dataset.')
  return labels
}
