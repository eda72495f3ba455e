import { StudioError } from '#contract/api/errors.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { clipOf, createModel, type Model } from '../model/layouts.ts'
import { tokenCount } from '../model/patches.ts'

/**
 * Unknown facts of a model that may be assumed because the written file does not depend on them: none, those of its decoder, or
 * all. Both sides of the comparison use the same assumptions, so they cannot hide a difference.
 */
export type Assumption = 'nothing' | 'decoder' | 'everything'

/** A description with unknown facts assumed. */
export function assume(what: Assumption, description: ModelDescription): ModelDescription {
  if (what === 'nothing') return description
  const { family, sizes } = description
  const decoder = sizes.decoder === null ? null : { ...sizes.decoder, heads: sizes.decoder.heads ?? 1 }
  if (what === 'decoder') return { ...description, sizes: { ...sizes, decoder } }
  const isTableUnknown = description.hasLearnedPositions && (sizes.frames === null || sizes.imageSize === null)
  return {
    ...description,
    family: family ?? 'videomae',
    sizes: { ...sizes, ...(isTableUnknown ? clipOfTokens(sizes) : {}), heads: sizes.heads ?? 1, decoder },
  }
}

/** A clip with as many tokens as a position table has rows: the largest square grid that divides them, repeated over time. */
function clipOfTokens({ tokens, patchSize, tubeletSize }: ModelDescription['sizes']): {
  imageSize: number
  frames: number
} {
  let side = Math.floor(Math.sqrt(tokens ?? 1))
  while ((tokens ?? 1) % (side * side) !== 0) side -= 1
  return { imageSize: side * patchSize, frames: ((tokens ?? 1) / (side * side)) * tubeletSize }
}

/**
 * The model of a description, for one clip. Unknown frames and crop are the published ones.
 * @throws StudioError `checkpoint-invalid` if the family, a number of heads or the clip of a learned position table is unknown;
 * `origin` names the checkpoint.
 */
export function modelToExport(description: ModelDescription, origin: string): Model {
  const model = createModel(description, clipOf(description), origin)
  const { tokens } = description.sizes
  if (description.hasLearnedPositions && model.input === 'video' && tokenCount(model.geometry) !== tokens)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} has a position table that is neither VideoMAE's nor MVD's, so the size of its clips is unknown.`,
      'Export it as safetensors or pytorch.',
    )
  return model
}
