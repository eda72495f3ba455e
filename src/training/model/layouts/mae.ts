import {
  encodePatches,
  imageAutoencoderParameters,
  type ImageEncoderConfig,
  imageEncoderParameters,
  reconstructImage,
} from '../image-autoencoder.ts'
import { normParameters, within } from '../parameters.ts'
import { type ClipGeometry, cubes, imageGeometry } from '../patches.ts'
import { imagePositions } from '../positions.ts'
import { imageTeacherFeatures } from '../teachers.ts'
import type { DecoderSizes } from '../vit.ts'
import {
  decoderSizes,
  defineLayout,
  encoded,
  encoderStack,
  hasDecoder,
  headsOfWidth,
  type KnownModel,
} from './definition.ts'

type MaeConfig = ImageEncoderConfig & ClipGeometry & Partial<DecoderSizes>

/** Configuration of an MAE. `frames` and `tubeletSize` matter only if it sees the frames of a clip. */
export const maeConfig = ({ sizes }: Pick<KnownModel, 'sizes'>, geometry: ClipGeometry): MaeConfig => ({
  ...geometry,
  ...encoderStack(sizes),
  ...decoderSizes(sizes),
})

/** MAE on images (He et al. 2022), with or without its decoder. */
export const mae = defineLayout<MaeConfig>({
  layout: 'mae',
  input: 'image',
  encoderPrefix: '',
  decoderPrefixes: ['decoder_blocks.'],
  extraPositions: 1,
  storesPositions: true,
  decoderHeads: (width) => headsOfWidth(32, width),
  config: maeConfig,
  parameters: (config, { sizes }) =>
    hasDecoder(config)
      ? imageAutoencoderParameters(config)
      : [...imageEncoderParameters(config), ...(sizes.hasEncoderNorm ? normParameters('norm', config.width) : [])],
  encode: (config, model, weights, image) =>
    encoded(
      encodePatches(config, weights, cubes(image, imageGeometry(config.imageSize, config.patchSize))),
      model,
      within(weights, 'norm.'),
    ),
  predict: (config) =>
    hasDecoder(config)
      ? (weights, image, visible, masked) => ({
          prediction: reconstructImage(config, weights, image, visible, masked),
        })
      : undefined,
  encoderParameters: imageEncoderParameters,
  features: imageTeacherFeatures,
  /** Another number of patches requires another position table. */
  adapt({ width, imageSize, patchSize }, tensors) {
    const side = imageSize / patchSize
    const rows = 1 + side * side
    if (tensors['pos_embed']?.shape[1] === rows) return tensors
    return { ...tensors, pos_embed: { shape: [1, rows, width], dtype: 'float32', data: imagePositions(width, side) } }
  },
})
