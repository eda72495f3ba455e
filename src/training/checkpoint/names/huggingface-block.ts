import { layerPairs, type NamePair, pair } from './pairs.ts'

/**
 * Transformer blocks of Hugging Face's vision models. Queries, keys and values have separate matrices; VideoMAE keeps the
 * published biases of queries and values, ViTMAE has one for each of the three.
 */
export function blockPairs(
  published: string,
  huggingFace: string,
  depth: number,
  bias: 'separate' | 'joint',
): NamePair[] {
  return Array.from({ length: depth }, (_, index) => {
    const [ours, theirs] = [`${published}${index}.`, `${huggingFace}${index}.`]
    const attention = `${theirs}attention.attention.`
    const threefold = (kind: string) => ['query', 'key', 'value'].map((part) => `${attention}${part}.${kind}`)
    return [
      ...layerPairs(`${ours}norm1`, `${theirs}layernorm_before`),
      pair(`${ours}attn.qkv.weight`, ...threefold('weight')),
      ...(bias === 'joint'
        ? [pair(`${ours}attn.qkv.bias`, ...threefold('bias'))]
        : [pair(`${ours}attn.q_bias`, `${attention}q_bias`), pair(`${ours}attn.v_bias`, `${attention}v_bias`)]),
      ...layerPairs(`${ours}attn.proj`, `${theirs}attention.output.dense`),
      ...layerPairs(`${ours}norm2`, `${theirs}layernorm_after`),
      ...layerPairs(`${ours}mlp.fc1`, `${theirs}intermediate.dense`),
      ...layerPairs(`${ours}mlp.fc2`, `${theirs}output.dense`),
    ]
  }).flat()
}
