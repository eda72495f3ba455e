import { type Dtype, isFloating } from '../formats/dtypes.ts'

/** Words in names of tables that belong to a model: blocks, heads, norms, embeddings, tokens and position tables. */
const words = new Set(
  'adapter attention attn block blocks bn class classifier cls conv decoder dense down embed embedding embeddings encoder fc ffn gamma head heads key layer layernorm layers linear ln logits lora mask mlp norm out patch pos position positions pred predictor proj projection projector q qkv query k token tokens up v value'.split(
    ' ',
  ),
)

/** Words in names of what training leaves in a table of weights: none of it changes what a model computes. */
const trainingState = new Set(
  'adam criterion ema epoch exp gradient grad loss momentum optim optimizer queue scaler scheduler step steps'.split(
    ' ',
  ),
)

const wordsOf = (name: string): string[] => name.toLowerCase().split(/[^a-z]+/)
const isTrainingState = (name: string): boolean => wordsOf(name).some((word) => trainingState.has(word))

/** Whether a tensor among the weights changes what the model computes. Integers are counters and index tables. */
export const isWeight = (dtype: Dtype | undefined): boolean => dtype === undefined || isFloating(dtype)

/**
 * Whether a tensor that has no position in the recognised model may belong to another part of a model, so that it must not be dropped
 * without a question.
 */
export const isPartOfModel = ({
  name,
  dtype,
}: {
  readonly name: string
  readonly dtype?: Dtype | undefined
}): boolean => isWeight(dtype) && !isTrainingState(name)

/** Whether a table beside the weights, such as `head` or `optimizer`, holds a part of a model. */
export const isTableOfModel = (name: string): boolean =>
  wordsOf(name).some((word) => words.has(word)) && !isTrainingState(name)
