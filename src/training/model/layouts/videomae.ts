import { clipEncoderParameters } from '../classifier.ts'
import { normParameters, within } from '../parameters.ts'
import { type ClipGeometry, cubes } from '../patches.ts'
import { type ClipTeacherConfig, clipTeacherFeatures } from '../teachers.ts'
import {
  clipTable,
  encodeCubes,
  reconstructVideo,
  type VideoAutoencoderConfig,
  videoAutoencoderParameters,
  videoEncoderParameters,
} from '../video-autoencoder.ts'
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

type VideoMaeConfig = ClipTeacherConfig & Omit<VideoAutoencoderConfig, keyof DecoderSizes> & Partial<DecoderSizes>

/** Configuration of a VideoMAE. */
export const videoMaeConfig = (
  { sizes, positions }: Pick<KnownModel, 'sizes' | 'positions'>,
  geometry: ClipGeometry,
): VideoMaeConfig => ({
  ...geometry,
  ...encoderStack(sizes),
  ...decoderSizes(sizes),
  positions,
  hasEncoderNorm: sizes.hasEncoderNorm,
  decoderNormEpsilon: sizes.headNormEpsilon,
})

/** Attention heads of the published decoders of VideoMAE and MVD; the huge one has 8 of 80 channels. */
export const clipDecoderHeads = (width: number): number | null => (width === 640 ? 8 : headsOfWidth(64, width))

/** VideoMAE (Tong et al. 2022), with or without its decoder. */
export const videomae = defineLayout<VideoMaeConfig>({
  layout: 'videomae',
  input: 'video',
  encoderPrefix: 'encoder.',
  decoderPrefixes: ['decoder.blocks.'],
  extraPositions: 0,
  storesPositions: false,
  decoderHeads: clipDecoderHeads,
  config: videoMaeConfig,
  parameters: (config, { sizes }) =>
    hasDecoder(config)
      ? videoAutoencoderParameters(config)
      : [
          ...videoEncoderParameters(config),
          ...(sizes.hasEncoderNorm ? normParameters('encoder.norm', config.width) : []),
        ],
  encode(config, model, weights, video) {
    const encoder = within(weights, 'encoder.')
    const lastBlock = encodeCubes(config, encoder, cubes(video, config), clipTable(config, config.positions, encoder))
    return encoded(lastBlock, model, within(encoder, 'norm.'))
  },
  predict: (config) =>
    hasDecoder(config)
      ? (weights, video, visible, masked) => ({
          prediction: reconstructVideo(config, weights, video, visible, masked),
        })
      : undefined,
  encoderParameters: clipEncoderParameters,
  features: clipTeacherFeatures,
})
