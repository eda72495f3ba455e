import type { ClipConfiguration } from '../configuration/clip.ts'
import type { ModelDescription } from './model.ts'

/** What a model is wanted for: to teach a student, to be fine-tuned, or to be tested. */
export type ModelUse = 'teach' | 'start' | 'test'

/** Why a model cannot be used. The problem completes the sentence "The model X ...". */
export interface Misfit {
  readonly problem: string
  readonly hint: string
}

/** Why a model cannot be used with such clips, and which setting to change; undefined where it can. */
export function misfitOf(
  use: ModelUse,
  { layout, family, sizes, hasLearnedPositions }: ModelDescription,
  clip: ClipConfiguration,
): Misfit | undefined {
  if (use === 'test' && layout !== 'classifier')
    return {
      problem: 'is no classifier, so there is nothing to test',
      hint: 'Fine-tune it first: add the stage finetune.',
    }
  if (use === 'start' && layout === 'mae')
    return {
      problem: 'sees single images, and fine-tuning starts from an encoder of clips',
      hint: 'Choose a VideoMAE, an MVD student or a classifier.',
    }
  if (sizes.heads === null)
    return {
      problem: 'has a number of attention heads that nothing tells',
      hint: 'Tell it with: model describe NAME --heads NUMBER, or on its page.',
    }
  const side = clip.imageSize / clip.patchSize
  if (layout === 'mae') {
    if (!hasLearnedPositions || sizes.tokens === null || sizes.tokens === side * side) return undefined
    const patches = Math.sqrt(sizes.tokens)
    return {
      problem: `has learned its positions for ${patches} x ${patches} patches; a frame of the clip has ${side} x ${side}`,
      hint: `Set clip.imageSize to ${patches * clip.patchSize}, or choose another model.`,
    }
  }
  if (family === null)
    return {
      problem: 'may have the position table of VideoMAE or that of MVD, which nothing tells',
      hint: 'Tell it with: model describe NAME --family videomae or mvd, or on its page.',
    }
  if (hasLearnedPositions)
    return { problem: "has a position table that is neither VideoMAE's nor MVD's", hint: 'Choose another model.' }
  if (sizes.tubeletSize !== clip.tubeletSize)
    return {
      problem: `joins ${sizes.tubeletSize} frames into one token, the clip ${clip.tubeletSize}`,
      hint: `Set clip.tubeletSize to ${sizes.tubeletSize}, or choose another model.`,
    }
  if (use !== 'teach' && sizes.patchSize !== clip.patchSize)
    return {
      problem: `has patches of ${sizes.patchSize} px, the clip of ${clip.patchSize} px`,
      hint: `Set clip.patchSize to ${sizes.patchSize}, or choose another model.`,
    }
  return undefined
}

/** The crop at which a teacher sees a clip: that which gives it as many patches as the student has. */
export const teacherCrop = ({ sizes }: ModelDescription, clip: ClipConfiguration): number =>
  (clip.imageSize / clip.patchSize) * sizes.patchSize

/** Why two teachers cannot teach together: clips are cut at their own size and at one more. */
export function misfitOfPair(
  image: ModelDescription,
  video: ModelDescription,
  clip: ClipConfiguration,
): Misfit | undefined {
  const crops = new Set([clip.imageSize, teacherCrop(image, clip), teacherCrop(video, clip)])
  if (crops.size < 3) return undefined
  return {
    problem: `cannot teach beside the other teacher: the image teacher has patches of ${image.sizes.patchSize} px, the video teacher of ${video.sizes.patchSize} px and the clip of ${clip.patchSize} px, and no more than two sizes go together`,
    hint: `Set clip.patchSize to ${video.sizes.patchSize}, or choose another teacher.`,
  }
}

/** Why fine-tuning on these classes begins with a fresh head; undefined where the model's own fits. `theirs` are its classes, where known. */
export function whyHeadIsFresh(
  { layout, sizes }: ModelDescription,
  theirs: readonly string[] | null,
  classes: readonly string[],
): string | undefined {
  if (layout !== 'classifier') return 'it has none'
  if (sizes.classes !== classes.length)
    return `it tells ${sizes.classes} classes apart and the label set has ${classes.length}`
  return theirs === null || areSameClasses(theirs, classes) ? undefined : 'its classes are others, or in another order'
}

export const areSameClasses = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, index) => name === b[index])
