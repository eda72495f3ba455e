import { layerPairs, type NamePair, pair } from './pairs.ts'

/** Names inside a transformer block of the transformers library. */
interface BlockNames {
  readonly query: string
  readonly key: string
  readonly value: string
  /** The biases of a block without one for keys. */
  readonly separateBiases: readonly [query: string, value: string]
  readonly output: string
  readonly up: string
  readonly down: string
}

const paired = {
  query: 'attention.attention.query',
  key: 'attention.attention.key',
  value: 'attention.attention.value',
  output: 'attention.output.dense',
  up: 'intermediate.dense',
  down: 'output.dense',
}

/** What `save_pretrained` of versions 4 and 5 writes, and `state_dict()` of version 4. */
const saved: BlockNames = {
  ...paired,
  separateBiases: ['attention.attention.q_bias', 'attention.attention.v_bias'],
}
/** `state_dict()` of VideoMAE in version 5. */
const linearBiases: BlockNames = {
  ...paired,
  separateBiases: [`${paired.query}.bias`, `${paired.value}.bias`],
}
/** `state_dict()` of ViTMAE in version 5. */
const projections: BlockNames = {
  query: 'attention.q_proj',
  key: 'attention.k_proj',
  value: 'attention.v_proj',
  separateBiases: ['attention.q_proj.bias', 'attention.v_proj.bias'],
  output: 'attention.o_proj',
  up: 'mlp.fc1',
  down: 'mlp.fc2',
}

type Bias = 'separate' | 'joint'

/**
 * Transformer blocks of Hugging Face's vision models as `save_pretrained` writes them. Queries, keys and values have separate matrices;
 * VideoMAE has the published biases of queries and values, ViTMAE one for each of the three.
 */
export const blockPairs = (
  published: string,
  huggingFace: string,
  depth: number,
  bias: Bias,
  names: BlockNames = saved,
): NamePair[] =>
  Array.from({ length: depth }, (_, index) => {
    const [ours, theirs] = [`${published}${index}.`, `${huggingFace}${index}.`]
    const threefold = (kind: string) => [names.query, names.key, names.value].map((part) => `${theirs}${part}.${kind}`)
    const [queryBias, valueBias] = names.separateBiases
    return [
      ...layerPairs(`${ours}norm1`, `${theirs}layernorm_before`),
      pair(`${ours}attn.qkv.weight`, ...threefold('weight')),
      ...(bias === 'joint'
        ? [pair(`${ours}attn.qkv.bias`, ...threefold('bias'))]
        : [pair(`${ours}attn.q_bias`, `${theirs}${queryBias}`), pair(`${ours}attn.v_bias`, `${theirs}${valueBias}`)]),
      ...layerPairs(`${ours}attn.proj`, `${theirs}${names.output}`),
      ...layerPairs(`${ours}norm2`, `${theirs}layernorm_after`),
      ...layerPairs(`${ours}mlp.fc1`, `${theirs}${names.up}`),
      ...layerPairs(`${ours}mlp.fc2`, `${theirs}${names.down}`),
    ]
  }).flat()

/** Every way in which a version of the library names the blocks under one of the prefixes. A file has one name for each tensor. */
export const blockAlternatives = (
  published: string,
  prefixes: readonly string[],
  depth: number,
  bias: Bias,
): NamePair[] =>
  prefixes.flatMap((prefix) =>
    [saved, linearBiases, projections].flatMap((names) => blockPairs(published, prefix, depth, bias, names)),
  )
