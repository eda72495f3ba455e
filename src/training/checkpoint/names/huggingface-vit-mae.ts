import { blockAlternatives, blockPairs } from './huggingface-block.ts'
import { layerPairs, type NamePair, pair } from './pairs.ts'

/** `ViTMAEForPreTraining`, or `ViTMAEModel` with `base` empty and a decoder of depth 0, against the published MAE. */
export function vitMaePairs(
  depth: number,
  decoderDepth: number,
  base = 'vit.',
  decoderBlocks: string = decoderBlockNames[0],
): NamePair[] {
  return [
    pair('cls_token', `${base}embeddings.cls_token`),
    pair('pos_embed', `${base}embeddings.position_embeddings`),
    ...layerPairs('patch_embed.proj', `${base}embeddings.patch_embeddings.projection`),
    ...blockPairs('blocks.', `${base}encoder.layer.`, depth, 'joint'),
    ...layerPairs('norm', `${base}layernorm`),
    ...layerPairs('decoder_embed', 'decoder.decoder_embed'),
    pair('mask_token', 'decoder.mask_token'),
    pair('decoder_pos_embed', 'decoder.decoder_pos_embed'),
    ...blockPairs('decoder_blocks.', decoderBlocks, decoderDepth, 'joint'),
    ...layerPairs('decoder_norm', 'decoder.decoder_norm'),
    ...layerPairs('decoder_pred', 'decoder.decoder_pred'),
  ]
}

/** The names of `vitMaePairs` and those of other versions of the library, without the prefix of the encoder. */
export const vitMaeAlternatives = (depth: number, decoderDepth: number): NamePair[] => [
  ...vitMaePairs(depth, decoderDepth, ''),
  ...blockAlternatives('blocks.', encoderBlockNames, depth, 'joint'),
  ...blockAlternatives('decoder_blocks.', decoderBlockNames, decoderDepth, 'joint'),
]

/** Names of the encoder's blocks in files: the usual ones first, then those of `state_dict()` of ViTMAE in transformers 5. */
export const encoderBlockNames = ['encoder.layer.', 'layers.'] as const

/** Names of the decoder's blocks in files: the usual ones first, then those that transformers 5 writes for a model that it has created. */
export const decoderBlockNames = ['decoder.decoder_layers.', 'decoder.decoder_encoder.layer.'] as const
