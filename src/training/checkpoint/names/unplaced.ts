import { type Dtype, isFloating } from '../formats/dtypes.ts'

/** Words in names of tensors that belong to a model: blocks, heads, norms, embeddings, tokens and position tables. */
const words = new Set(
  'adapter attention attn block blocks bn class classifier cls conv decoder dense down embed embedding embeddings encoder fc ffn gamma head heads key layer layernorm layers ln logits lora mask mlp norm out patch pos position positions pred predictor proj projection projector q qkv query k token tokens up v value'.split(
    ' ',
  ),
)

/** Words in names of what training leaves in a table of weights: none of it changes what a model computes. */
const trainingState = new Set(
  'adam criterion ema epoch exp gradient grad loss momentum optim optimizer queue scaler scheduler step steps'.split(
    ' ',
  ),
)

/**
 * Whether a tensor without a position in the recognised model belongs to a part of a model, so that dropping it would change what is
 * computed. Integers are counters and index tables.
 */
export function isPartOfModel({ name, dtype }: { readonly name: string; readonly dtype?: Dtype | undefined }): boolean {
  if (dtype !== undefined && !isFloating(dtype)) return false
  const found = name
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
  return found.some((word) => words.has(word)) && !found.some((word) => trainingState.has(word))
}
