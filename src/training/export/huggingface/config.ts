import { imageNetDeviation, imageNetMean } from '../../data/normalize.ts'
import type { Model } from '../../model/layouts.ts'
import type { ExportSource } from '../format.ts'
import type { HuggingFaceLayout } from './layout.ts'

/** He et al. 2022. */
const publishedMaskRatio = 0.75

/** `config.json` of a model: what the transformers library needs to build it. */
export function configJson(
  { model, classes, pixelObjective }: ExportSource,
  architecture: HuggingFaceLayout['architecture'],
): Record<string, unknown> {
  const { layout, input, sizes, geometry } = model
  const common = {
    architectures: [architecture],
    hidden_size: sizes.width,
    num_hidden_layers: sizes.depth,
    num_attention_heads: sizes.heads,
    intermediate_size: sizes.mlpWidth,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
    layer_norm_eps: sizes.epsilon,
    image_size: geometry.imageSize,
    patch_size: geometry.patchSize,
    num_channels: 3,
    qkv_bias: sizes.qkvBias !== 'none',
    ...decoderFields(sizes.decoder),
    ...(pixelObjective === null ? {} : { norm_pix_loss: pixelObjective.normalizeTarget }),
  }
  if (input === 'image')
    return { model_type: 'vit_mae', ...common, mask_ratio: pixelObjective?.maskRatio ?? publishedMaskRatio }
  return {
    model_type: 'videomae',
    ...common,
    // Version 5 of the library renamed it.
    qv_bias: common.qkv_bias,
    num_frames: geometry.frames,
    tubelet_size: geometry.tubeletSize,
    use_mean_pooling: !hasEncoderNorm(model),
    ...(layout === 'classifier' ? labels(classes, sizes.classes ?? 0) : {}),
  }
}

/** `preprocessor_config.json`: the preprocessing with which the model was trained. */
export function preprocessorJson({ input, geometry: { imageSize } }: Model): Record<string, unknown> {
  const square = { height: imageSize, width: imageSize }
  const isImage = input === 'image'
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

const decoderFields = (decoder: Model['sizes']['decoder']): Record<string, number> =>
  decoder === null
    ? {}
    : {
        decoder_hidden_size: decoder.width,
        decoder_num_hidden_layers: decoder.depth,
        decoder_num_attention_heads: decoder.heads,
        decoder_intermediate_size: decoder.mlpWidth,
      }

/** The library omits the encoder's final norm from models that average their tokens. */
const hasEncoderNorm = ({ layout, sizes }: Model): boolean =>
  layout === 'classifier' ? sizes.pooling === 'first' : sizes.hasEncoderNorm

function labels(classes: readonly string[] | null, count: number): Record<string, unknown> {
  const names = Array.from({ length: count }, (_, index) => classes?.[index] ?? `LABEL_${index}`)
  return {
    id2label: Object.fromEntries(names.map((name, index) => [String(index), name])),
    label2id: Object.fromEntries(names.map((name, index) => [name, index])),
  }
}
