import { imageNetDeviation, imageNetMean } from '../../data/normalize.ts'
import type { DecoderSizes, Stack } from '../../model/vit.ts'
import type { ExportSource } from '../format.ts'
import type { ExportModel } from '../model.ts'
import type { HuggingFaceLayout } from './layout.ts'

const published = { epsilon: 1e-6, maskRatio: 0.75 } as const

/** `config.json` of a model: all that the transformers library needs to build it. */
export function configJson(
  { model, classes, pixelObjective }: ExportSource,
  architecture: HuggingFaceLayout['architecture'],
): Record<string, unknown> {
  const { config } = model
  const common = {
    architectures: [architecture],
    hidden_size: config.width,
    num_hidden_layers: config.depth,
    num_attention_heads: config.heads,
    intermediate_size: config.mlpWidth ?? 4 * config.width,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
    layer_norm_eps: config.epsilon ?? published.epsilon,
    image_size: config.imageSize,
    patch_size: config.patchSize,
    num_channels: 3,
    qkv_bias: config.qkvBias !== 'none',
    ...decoderFields(config),
    ...(pixelObjective === null ? {} : { norm_pix_loss: pixelObjective.normalizeTarget }),
  }
  if (model.kind === 'image-autoencoder' || model.kind === 'image-encoder')
    return { model_type: 'vit_mae', ...common, mask_ratio: pixelObjective?.maskRatio ?? published.maskRatio }
  const { frames, tubeletSize } = model.config
  return {
    model_type: 'videomae',
    ...common,
    // Version 5 of the library has renamed it.
    qv_bias: common.qkv_bias,
    num_frames: frames,
    tubelet_size: tubeletSize,
    use_mean_pooling: !hasEncoderNorm(model),
    ...(model.kind === 'classifier' ? labels(classes, model.config.classes) : {}),
  }
}

/** `preprocessor_config.json`: how frames become what the model saw in training. */
export function preprocessorJson(model: ExportModel): Record<string, unknown> {
  const { imageSize } = model.config
  const square = { height: imageSize, width: imageSize }
  const isImage = model.kind === 'image-autoencoder' || model.kind === 'image-encoder'
  return {
    image_processor_type: isImage ? 'ViTImageProcessor' : 'VideoMAEImageProcessor',
    do_resize: true,
    size: isImage ? square : { shortest_edge: imageSize },
    ...(isImage ? {} : { do_center_crop: true, crop_size: square }),
    resample: 2,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: imageNetMean,
    image_std: imageNetDeviation,
  }
}

function decoderFields(config: Stack & Partial<DecoderSizes>): Record<string, number> {
  if (config.decoderWidth === undefined || config.decoderDepth === undefined || config.decoderHeads === undefined)
    return {}
  return {
    decoder_hidden_size: config.decoderWidth,
    decoder_num_hidden_layers: config.decoderDepth,
    decoder_num_attention_heads: config.decoderHeads,
    decoder_intermediate_size: config.decoderMlpWidth ?? 4 * config.decoderWidth,
  }
}

/** The library leaves the encoder's final norm out of models that average their tokens. */
function hasEncoderNorm(model: ExportModel): boolean {
  return model.kind === 'classifier' ? model.config.pooling === 'first' : model.hasNorm
}

function labels(classes: readonly string[] | null, count: number): Record<string, unknown> {
  const names = Array.from({ length: count }, (_, index) => classes?.[index] ?? `LABEL_${index}`)
  return {
    id2label: Object.fromEntries(names.map((name, index) => [String(index), name])),
    label2id: Object.fromEntries(names.map((name, index) => [name, index])),
  }
}
