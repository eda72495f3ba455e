import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { StageConfiguration } from '#contract/stages/index.ts'
import { finetuningRecipe } from '../data/batches/finetuning.ts'
import { clipRecipe, imageRecipe } from '../data/batches/pretraining.ts'
import type { DataSource } from '../data/source.ts'
import type { StageClips } from '../pictures/seen-clip.ts'
import { clipMask, frameMask } from './data.ts'

/** Settings of a stage that shape its clips. */
export interface SeenSettings {
  readonly task: StageConfiguration
  readonly clip: ClipConfiguration
  /** Label set of fine-tuning. */
  readonly labels: string | null
}

/**
 * The clips of each stage, for pictures of what the model sees.
 * @throws StudioError `bad-request` if the stage draws none
 */
export function stageClips(source: DataSource, { task, clip, labels }: SeenSettings): StageClips {
  const { seed } = source
  switch (task.stage) {
    case 'image-teacher': {
      const { configuration } = task
      return {
        recipe: imageRecipe(source, configuration),
        geometry: { ...configuration, tubeletSize: 1 },
        mask: (step, position) => frameMask(seed, configuration, step, position),
      }
    }
    case 'video-teacher':
    case 'distill': {
      const { configuration } = task
      return {
        recipe: clipRecipe(source, clip, configuration),
        geometry: clip,
        mask: (step, position) => clipMask(seed, configuration, clip, step, position),
      }
    }
    case 'finetune':
      if (labels === null)
        throw new StudioError('bad-request', 'Fine-tuning needs a label set.', 'Choose one of the dataset.')
      return { recipe: finetuningRecipe(source, labels, clip, task.configuration), geometry: clip }
    case 'evaluate':
      throw new StudioError(
        'bad-request',
        'The test takes fixed views of a video, without random numbers.',
        'Choose a stage that trains.',
      )
  }
}
