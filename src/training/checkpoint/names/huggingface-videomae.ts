import { blockAlternatives, blockPairs } from './huggingface-block.ts'
import { encoderBlockNames } from './huggingface-vit-mae.ts'
import { layerPairs, type NamePair, pair } from './pairs.ts'

/**
 * `VideoMAEForPreTraining`, or `VideoMAEModel` with `base` empty and a decoder of depth 0, against the published VideoMAE.
 * `videomae.layernorm` exists only if `use_mean_pooling` is false.
 */
export function videoMaePairs(depth: number, decoderDepth: number, base = 'videomae.'): NamePair[] {
  return [
    ...encoderPairs('encoder.', base, depth),
    pair('mask_token', 'mask_token'),
    pair('encoder_to_decoder.weight', 'encoder_to_decoder.weight'),
    ...blockPairs('decoder.blocks.', videoMaeDecoderBlocks, decoderDepth, 'separate'),
    ...layerPairs('decoder.norm', 'decoder.norm'),
    ...layerPairs('decoder.head', 'decoder.head'),
  ]
}

/** `VideoMAEForVideoClassification` against the published fine-tuned model. */
export function videoMaeClassifierPairs(depth: number, base = 'videomae.'): NamePair[] {
  return [...encoderPairs('', base, depth), ...layerPairs('fc_norm', 'fc_norm'), ...layerPairs('head', 'classifier')]
}

export const videoMaeDecoderBlocks = 'decoder.decoder_layers.'

/** The names of `videoMaePairs` and those of other versions of the library, without the prefix of the encoder. */
export const videoMaeAlternatives = (depth: number, decoderDepth: number): NamePair[] => [
  ...videoMaePairs(depth, decoderDepth, ''),
  ...encoderAlternatives('encoder.', depth),
  ...blockAlternatives('decoder.blocks.', [videoMaeDecoderBlocks], decoderDepth, 'separate'),
]

/** The same for `videoMaeClassifierPairs`. */
export const videoMaeClassifierAlternatives = (depth: number): NamePair[] => [
  ...videoMaeClassifierPairs(depth, ''),
  ...encoderAlternatives('', depth),
]

const encoderPairs = (published: string, base: string, depth: number): NamePair[] => [
  ...layerPairs(`${published}patch_embed.proj`, `${base}embeddings.patch_embeddings.projection`),
  ...blockPairs(`${published}blocks.`, `${base}encoder.layer.`, depth, 'separate'),
  ...layerPairs(`${published}norm`, `${base}layernorm`),
]

/** The library computes the position table; a model derived from it may have learned one. */
const encoderAlternatives = (published: string, depth: number): NamePair[] => [
  pair(`${published}pos_embed`, 'embeddings.position_embeddings'),
  ...blockAlternatives(`${published}blocks.`, encoderBlockNames, depth, 'separate'),
]
