import type { InferenceProgram } from '../engine/program/engine.ts'
import { classify } from '../model/classifier.ts'
import { encodePatches, type ImageEncoderConfig, reconstructImage } from '../model/image-autoencoder.ts'
import { type Weights, weightsOf, within } from '../model/parameters.ts'
import { type ClipGeometry, cubes, gridOf, imageGeometry, tokenCount } from '../model/patches.ts'
import { spaceTimePositions } from '../model/positions.ts'
import { predictFeatures } from '../model/student.ts'
import { type ClipEncoder, encodeCubes, flatTable, reconstructVideo } from '../model/video-autoencoder.ts'
import { norm } from '../model/vit.ts'
import { clipSpec, floatSpec, indexSpec } from '../stages/tensors.ts'
import type { NamedSpecs, NamedTensors } from '../tensor/host-tensor.ts'
import * as tf from '../tensor/tf.ts'
import type { ExportModel } from './model.ts'

/**
 * What leaves the studio as a graph: a normalised clip `video` [N, 3, T, S, S] or `image` [N, 3, S, S] -> `logits` [N, classes] of a
 * classifier, else `last_block` [N, tokens, D], what MVD asks of a teacher, and `features`, the same after the encoder's final norm
 * where it has one. Nothing is masked; a class token comes first.
 */
export function encoderProgram(model: ExportModel, batch: number): InferenceProgram {
  return {
    name: programName(model),
    inputs: pixelSpecs(model, batch),
    run: (parameters, inputs) => encode(model, weightsOf(parameters), weightsOf(inputs)),
  }
}

/**
 * Everything that a checkpoint computes, for one clip: a masked autoencoder predicts every second token from the others, a student
 * the features of its teachers; a model without a decoder does what `encoderProgram` does.
 */
export function wholeProgram(model: ExportModel): InferenceProgram {
  const predict = prediction(model)
  if (predict === undefined) return encoderProgram(model, 1)
  const tokens = tokensOf(model)
  const masked = Math.floor(tokens / 2)
  return {
    name: programName(model),
    inputs: { ...pixelSpecs(model, 1), visible: indexSpec([1, tokens - masked]), masked: indexSpec([1, masked]) },
    run: (parameters, inputs) => ({
      ...encode(model, weightsOf(parameters), weightsOf(inputs)),
      ...predict(weightsOf(parameters), weightsOf(inputs)),
    }),
  }
}

export const isImageModel = (
  model: ExportModel,
): model is Extract<ExportModel, { kind: 'image-autoencoder' | 'image-encoder' }> =>
  model.kind === 'image-autoencoder' || model.kind === 'image-encoder'

const programName = ({ kind }: ExportModel): string => `mvd-${kind}`

function pixelSpecs(model: ExportModel, batch: number): NamedSpecs {
  return isImageModel(model)
    ? { image: floatSpec([batch, 3, model.config.imageSize, model.config.imageSize]) }
    : { video: clipSpec(batch, model.config) }
}

function encode(model: ExportModel, weights: Weights, input: Weights): NamedTensors {
  switch (model.kind) {
    case 'classifier':
      return { logits: classify(model.config, weights, input('video')) }
    case 'image-autoencoder':
    case 'image-encoder':
      return encoded(model, within(weights, 'norm.'), encodeImage(model.config, weights, input('image')))
    case 'video-autoencoder':
    case 'video-encoder': {
      const encoder = within(weights, 'encoder.')
      return encoded(
        model,
        within(encoder, 'norm.'),
        encodeCubes(
          model.config,
          encoder,
          cubes(input('video'), model.config),
          flatTable(model.config, model.config.width),
        ),
      )
    }
    case 'student':
      return encoded(
        model,
        within(weights, 'norm.'),
        encodeClip(model.config, weights, input('video'), weights('pos_embed')),
      )
    case 'clip-encoder':
      return encoded(
        model,
        within(weights, 'norm.'),
        encodeClip(model.config, weights, input('video'), tableOf(model.config, model.positions)),
      )
  }
}

const encodeImage = (config: ImageEncoderConfig, weights: Weights, image: tf.Tensor): tf.Tensor =>
  encodePatches(config, weights, cubes(image, imageGeometry(config.imageSize, config.patchSize)))

const encodeClip = (
  config: ClipEncoder & ClipGeometry,
  weights: Weights,
  video: tf.Tensor,
  table: tf.Tensor,
): tf.Tensor => encodeCubes(config, weights, cubes(video, config), table.reshape([tokenCount(config), config.width]))

function tableOf(config: ClipEncoder & ClipGeometry, positions: 'flat' | 'space-time'): tf.Tensor {
  return positions === 'flat'
    ? flatTable(config, config.width)
    : tf.tensor2d(spaceTimePositions(config.width, gridOf(config)), [tokenCount(config), config.width])
}

function encoded(
  { config, hasNorm }: Exclude<ExportModel, { kind: 'classifier' }>,
  normWeights: Weights,
  lastBlock: tf.Tensor,
): NamedTensors {
  return { last_block: lastBlock, ...(hasNorm ? { features: norm(normWeights, lastBlock, config.epsilon) } : {}) }
}

/** How a model with decoders predicts masked tokens. */
function prediction(model: ExportModel): ((weights: Weights, input: Weights) => NamedTensors) | undefined {
  switch (model.kind) {
    case 'image-autoencoder':
      return (weights, input) => ({
        prediction: reconstructImage(model.config, weights, input('image'), input('visible'), input('masked')),
      })
    case 'video-autoencoder':
      return (weights, input) => ({
        prediction: reconstructVideo(model.config, weights, input('video'), input('visible'), input('masked')),
      })
    case 'student':
      return (weights, input) => {
        const { image, video } = predictFeatures(model.config, weights, {
          video: input('video'),
          visible: input('visible'),
          masked: input('masked'),
        })
        return {
          ...(image === undefined ? {} : { image_prediction: image }),
          ...(video === undefined ? {} : { video_prediction: video }),
        }
      }
    case 'classifier':
    case 'clip-encoder':
    case 'image-encoder':
    case 'video-encoder':
      return undefined
  }
}

const tokensOf = (model: ExportModel): number =>
  isImageModel(model) ? (model.config.imageSize / model.config.patchSize) ** 2 : tokenCount(model.config)
