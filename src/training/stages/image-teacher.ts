import type { ImageTeacherConfiguration } from '#contract/stages/image-teacher.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import { floatSpec } from '../data/batch-tensors.ts'
import type { InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import {
  type ImageAutoencoderConfig,
  imageAutoencoderParameters,
  reconstructImage,
} from '../model/image-autoencoder.ts'
import { parameterCount, weightsOf } from '../model/parameters.ts'
import { cubes, gatherTokens, imageGeometry } from '../model/patches.ts'
import { imagePixelTargets, pixelLoss } from '../objective/pixel-targets.ts'
import { reconstructedImage } from '../objective/reconstruction.ts'
import { parameterGroups } from '../optimizer/groups.ts'
import { countedSamples } from '../optimizer/schedule.ts'
import { reconstructionPicture } from '../pictures/reconstruction.ts'
import { maskedFrames } from './data.ts'
import { patchMaskSpecs } from './mask-specs.ts'
import { adamWSettings, freshParameters, rates, stepsOf } from './optimization.ts'
import type { StageContext, TrainingStage } from './stage.ts'

/** Stage 1a (MAE): predict the pixels of the patches that a random mask hides, on single frames. */
export function imageTeacherStage(context: StageContext, configuration: ImageTeacherConfiguration): TrainingStage {
  const { maskRatio, normalizeTarget } = configuration
  const specs = imageAutoencoderParameters(configuration)
  const frames = maskedFrames(context, configuration)
  return {
    model: modelOfTask({ stage: 'image-teacher', configuration }, context.clip, null),
    program: imageTeacherProgram(configuration),
    get initialParameters() {
      return freshParameters(specs, context.seed)
    },
    parameterCount: parameterCount(specs),
    ...stepsOf(configuration, frames.stepsPerEpoch),
    learningRates: rates(configuration, countedSamples('pre-training', configuration), frames.stepsPerEpoch),
    classes: null,
    prepareFrom: (step) => frames.prepareFrom(step),
    async batch(step, microBatch) {
      const { image, visible, masked, clips } = await frames.take(step, microBatch)
      return { inputs: { image, visible, masked }, clips }
    },
    metrics: () => ({}),
    picture: reconstructionPicture(context, {
      geometry: imageGeometry(configuration.imageSize, configuration.patchSize),
      program: pictureProgram(configuration, maskRatio),
      maskRatio,
      reconstruct: reconstructedImage,
      isNormalized: normalizeTarget,
    }),
    async [Symbol.asyncDispose]() {
      frames[Symbol.dispose]()
    },
  }
}

/** One step: image [B, 3, S, S], visible [B, Nv], masked [B, Nm] -> mean squared error over masked patches. */
export function imageTeacherProgram(configuration: ImageTeacherConfiguration): TrainingProgram {
  const { batchSize, accumulationSteps, maskRatio, normalizeTarget, imageSize, patchSize, weightDecay } = configuration
  return {
    name: 'image-teacher',
    accumulationSteps,
    inputs: {
      image: floatSpec([batchSize, 3, imageSize, imageSize]),
      ...patchMaskSpecs(batchSize, configuration, maskRatio),
    },
    groups: parameterGroups(imageAutoencoderParameters(configuration), weightDecay),
    optimizer: adamWSettings(configuration),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const prediction = reconstructImage(
        configuration,
        weightsOf(parameters),
        input('image'),
        input('visible'),
        input('masked'),
      )
      const patches = cubes(input('image'), imageGeometry(imageSize, patchSize))
      const target = imagePixelTargets(gatherTokens(patches, input('masked')), normalizeTarget)
      return { loss: pixelLoss(prediction, target), outputs: {} }
    },
  }
}

/** Predicts one frame, given as a clip of one frame [1, 3, 1, S, S]. */
function pictureProgram(model: ImageAutoencoderConfig, maskRatio: number): InferenceProgram {
  const { imageSize } = model
  return {
    name: 'image-reconstruction',
    inputs: { video: floatSpec([1, 3, 1, imageSize, imageSize]), ...patchMaskSpecs(1, model, maskRatio) },
    run(parameters, inputs) {
      const input = weightsOf(inputs)
      const image = input('video').reshape([1, 3, imageSize, imageSize])
      return { prediction: reconstructImage(model, weightsOf(parameters), image, input('visible'), input('masked')) }
    },
  }
}
