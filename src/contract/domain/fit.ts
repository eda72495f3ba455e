import { canonicalName } from '../canonical-name.ts'
import type { ClipConfiguration } from '../configuration/clip.ts'
import { layoutFacts, type ModelDescription } from './model.ts'

/** How a run uses a model: as a teacher, as the start of fine-tuning, or as the classifier that is tested. */
export type ModelUse = 'teach' | 'start' | 'test'

/** Why a model cannot be used. `problem` completes the sentence "The model X ...". */
export interface Misfit {
  readonly problem: string
  readonly hint: string
}

/** Why a model cannot be used with such clips, and which setting to change; undefined if it can. */
export function misfitOf(
  use: ModelUse,
  { layout, family, sizes, hasLearnedPositions }: ModelDescription,
  clip: ClipConfiguration,
): Misfit | undefined {
  const { sees } = layoutFacts[layout]
  if (use === 'test' && layout !== 'classifier')
    return { problem: 'is not a classifier and cannot be tested', hint: 'Fine-tune it first: add the stage finetune.' }
  if (use === 'start' && sees === 'images')
    return {
      problem: 'encodes images; fine-tuning needs an encoder of clips',
      hint: 'Choose a VideoMAE, an MVD student or a classifier.',
    }
  if (sizes.heads === null)
    return {
      problem: 'has an unknown number of attention heads',
      hint: 'Set it with: model describe NAME --heads NUMBER, or on its page.',
    }
  const side = clip.imageSize / clip.patchSize
  if (sees === 'images') {
    if (!hasLearnedPositions || sizes.tokens === null || sizes.tokens === side * side) return undefined
    const patches = Math.sqrt(sizes.tokens)
    return {
      problem: `has a learned position table for ${patches} x ${patches} patches; a frame of the clip has ${side} x ${side}`,
      hint: `Set clip.imageSize to ${patches * clip.patchSize}, or choose another model.`,
    }
  }
  if (family === null && !hasLearnedPositions)
    return {
      problem: 'has an unknown position table: that of VideoMAE or that of MVD',
      hint: 'Set it with: model describe NAME --family videomae or mvd, or on its page.',
    }
  if (hasLearnedPositions && layout === 'mvd-student')
    return { problem: "has a position table that is neither VideoMAE's nor MVD's", hint: 'Choose another model.' }
  if (sizes.tubeletSize !== clip.tubeletSize)
    return {
      problem: `has tubelets of ${sizes.tubeletSize} frames; the clip has tubelets of ${clip.tubeletSize}`,
      hint: `Set clip.tubeletSize to ${sizes.tubeletSize}, or choose another model.`,
    }
  if (use !== 'teach' && sizes.patchSize !== clip.patchSize)
    return {
      problem: `has patches of ${sizes.patchSize} px; the clip has patches of ${clip.patchSize} px`,
      hint: `Set clip.patchSize to ${sizes.patchSize}, or choose another model.`,
    }
  return hasLearnedPositions ? misfitOfTable(sizes, clip) : undefined
}

/** Why a learned position table cannot be used with such clips: it has one row for each token, and other clips number them otherwise. */
function misfitOfTable(
  { tokens, frames, imageSize, patchSize, tubeletSize }: ModelDescription['sizes'],
  clip: ClipConfiguration,
): Misfit | undefined {
  const side = clip.imageSize / clip.patchSize
  const time = clip.frames / clip.tubeletSize
  const found = `a clip has ${time} x ${side} x ${side}`
  const hint = 'Set clip.frames and clip.imageSize to those of its training, or choose another model.'
  if (tokens !== null && tokens !== time * side * side)
    return { problem: `has a learned position table for ${tokens} tokens; ${found}`, hint }
  const [knownTime, knownSide] = [
    frames === null ? time : frames / tubeletSize,
    imageSize === null ? side : imageSize / patchSize,
  ]
  return knownTime === time && knownSide === side
    ? undefined
    : {
        problem: `has a learned position table for ${knownTime} x ${knownSide} x ${knownSide} tokens; ${found}`,
        hint,
      }
}

/** Crop in pixels at which a teacher sees a clip: the one with as many patches as the student has. */
export const teacherCrop = ({ sizes }: ModelDescription, clip: ClipConfiguration): number =>
  (clip.imageSize / clip.patchSize) * sizes.patchSize

/** Why two teachers cannot teach together: clips are cropped to at most one size besides their own. */
export function misfitOfPair(
  image: ModelDescription,
  video: ModelDescription,
  clip: ClipConfiguration,
): Misfit | undefined {
  const crops = new Set([clip.imageSize, teacherCrop(image, clip), teacherCrop(video, clip)])
  if (crops.size < 3) return undefined
  return {
    problem: `cannot teach together with the other teacher: the image teacher has patches of ${image.sizes.patchSize} px, the video teacher of ${video.sizes.patchSize} px and the clip of ${clip.patchSize} px, but at most two patch sizes can be combined`,
    hint: `Set clip.patchSize to ${video.sizes.patchSize}, or choose another teacher.`,
  }
}

/** Why fine-tuning on these classes starts with a new head; undefined if the model's own fits. `theirs` are its classes, null if unknown. */
export function whyHeadIsFresh(
  { layout, sizes }: ModelDescription,
  theirs: readonly string[] | null,
  classes: readonly string[],
): string | undefined {
  if (layout !== 'classifier') return 'it has none'
  if (sizes.classes !== classes.length) return `it has ${sizes.classes} classes and the label set has ${classes.length}`
  return theirs === null || areSameClasses(theirs, classes) ? undefined : 'its classes differ or have another order'
}

/** Whether two lists of classes agree in names and order. Names that look the same are the same. */
export const areSameClasses = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, index) => canonicalName(name) === canonicalName(b[index] ?? ''))
