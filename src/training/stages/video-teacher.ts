import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import type { VideoTeacherConfiguration } from '#contract/stages/video-teacher.ts'
import { clipSpec } from '../data/batch-tensors.ts'
import type { InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { parameterCount, weightsOf } from '../model/parameters.ts'
import { cubes, gatherTokens } from '../model/patches.ts'
import {
  reconstructVideo,
  type VideoAutoencoderConfig,
  videoAutoencoderParameters,
} from '../model/video-autoencoder.ts'
import { pixelLoss, videoPixelTargets } from '../objective/pixel-targets.ts'
import { reconstructedVideo } from '../objective/reconstruction.ts'
import { parameterGroups } from '../optimizer/groups.ts'
import { countedSamples } from '../optimizer/schedule.ts'
import { reconstructionPicture } from '../pictures/reconstruction.ts'
import { maskedClips } from './data.ts'
import { tubeMaskSpecs } from './mask-specs.ts'
import { adamWSettings, freshParameters, rates, stepsOf } from './optimization.ts'
import type { StageContext, TrainingStage } from './stage.ts'

/** Stage 1b (VideoMAE): predict the pixels of the cubes that a tube mask hides. */
export function videoTeacherStage(context: StageContext, configuration: VideoTeacherConfiguration): TrainingStage {
  const { clip, seed } = context
  const { maskRatio, normalizeTarget } = configuration
  const model = videoAutoencoderConfig(configuration, clip)
  const specs = videoAutoencoderParameters(model)
  const data = maskedClips(context, configuration)
  return {
    model: modelOfTask({ stage: 'video-teacher', configuration }, clip, null),
    program: videoTeacherProgram(model, configuration),
    get initialParameters() {
      return freshParameters(specs, seed)
    },
    parameterCount: parameterCount(specs),
    ...stepsOf(configuration, data.stepsPerEpoch),
    learningRates: rates(configuration, countedSamples('pre-training', configuration), data.stepsPerEpoch),
    classes: null,
    prepareFrom: (step) => data.prepareFrom(step),
    async batch(step, microBatch) {
      const { video, visible, masked, clips } = await data.take(step, microBatch)
      return { inputs: { video, visible, masked }, clips }
    },
    metrics: () => ({}),
    picture: reconstructionPicture(context, {
      geometry: model,
      program: pictureProgram(model, maskRatio),
      maskRatio,
      reconstruct: reconstructedVideo,
      isNormalized: normalizeTarget,
    }),
    async [Symbol.asyncDispose]() {
      data[Symbol.dispose]()
    },
  }
}

export const videoAutoencoderConfig = (
  configuration: VideoTeacherConfiguration,
  clip: ClipConfiguration,
): VideoAutoencoderConfig => ({ ...clip, ...configuration })

/** One step: video [B, 3, T, S, S], visible [B, Nv], masked [B, Nm] -> mean squared error over masked cubes. */
export function videoTeacherProgram(
  model: VideoAutoencoderConfig,
  configuration: VideoTeacherConfiguration,
): TrainingProgram {
  const { batchSize, accumulationSteps, maskRatio, decoderMaskRatio, normalizeTarget, weightDecay } = configuration
  return {
    name: 'video-teacher',
    accumulationSteps,
    inputs: { video: clipSpec(batchSize, model), ...tubeMaskSpecs(batchSize, model, maskRatio, decoderMaskRatio) },
    groups: parameterGroups(videoAutoencoderParameters(model), weightDecay),
    optimizer: adamWSettings(configuration),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const prediction = reconstructVideo(
        model,
        weightsOf(parameters),
        input('video'),
        input('visible'),
        input('masked'),
      )
      const target = videoPixelTargets(gatherTokens(cubes(input('video'), model), input('masked')), normalizeTarget)
      return { loss: pixelLoss(prediction, target), outputs: {} }
    },
  }
}

function pictureProgram(model: VideoAutoencoderConfig, maskRatio: number): InferenceProgram {
  return {
    name: 'video-reconstruction',
    inputs: { video: clipSpec(1, model), ...tubeMaskSpecs(1, model, maskRatio) },
    run(parameters, inputs) {
      const input = weightsOf(inputs)
      return {
        prediction: reconstructVideo(model, weightsOf(parameters), input('video'), input('visible'), input('masked')),
      }
    },
  }
}
