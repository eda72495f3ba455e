import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { samplesPerStep } from '#contract/configuration/counts.ts'
import { type DistillConfiguration, predictsPixels } from '#contract/stages/distill.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import { clipSpec, floatSpec, floatTensor, scalarOf } from '../data/batch-tensors.ts'
import { dropPathFactors } from '../data/drop-path.ts'
import { positionsInStep } from '../data/micro-batch.ts'
import { draws } from '../data/random.ts'
import type { TrainingProgram } from '../engine/program/engine.ts'
import { dropPathRates } from '../model/drop-path.ts'
import { parameterCount, weightsOf } from '../model/parameters.ts'
import { cubeSize } from '../model/patches.ts'
import { predictFeatures, type StudentConfig, studentDepths, studentParameters } from '../model/student.ts'
import { featureLoss } from '../objective/feature-loss.ts'
import { pixelLoss } from '../objective/pixel-targets.ts'
import { parameterGroups } from '../optimizer/groups.ts'
import { countedSamples } from '../optimizer/schedule.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { maskedClips } from './data.ts'
import { tubeMaskSpecs } from './mask-specs.ts'
import { adamWSettings, freshParameters, rates, stepsOf } from './optimization.ts'
import { openRoundedTeachers, type RoundedTeachers } from './rounded-teachers.ts'
import { descriptionsOf, type StageContext, type TrainingStage } from './stage.ts'
import { studentErrorPicture } from './student-errors.ts'
import { hiddenPixels, targetSpecs } from './student-targets.ts'
import {
  openTeachers,
  teacherImageSize,
  type TeacherModels,
  teacherModels,
  type TeacherWidths,
  teacherWidths,
} from './teachers.ts'

/** Stage 2 (MVD, Algorithm 1): the student predicts the features of frozen teachers at the tokens that a tube mask hides. */
export async function distillStage(context: StageContext, configuration: DistillConfiguration): Promise<TrainingStage> {
  const { clip, seed } = context
  const models = teacherModels(context.inputs, configuration, clip)
  const model = studentConfig(configuration, clip, teacherWidths(models))
  const teachers = await openTargets(context, models, configuration)
  const data = maskedClips(context, configuration, teacherImageSize(models, clip), teachers.lookUp)
  const picture = studentErrorPicture(context, configuration, model, models)
  const rows = dropPathRates(configuration.dropPath, studentDepths(model))
  return {
    model: modelOfTask({ stage: 'distill', configuration }, clip, null, descriptionsOf(context.inputs)),
    program: distillProgram(model, configuration),
    get initialParameters() {
      return freshParameters(studentParameters(model), seed)
    },
    parameterCount: parameterCount(studentParameters(model)),
    ...stepsOf(configuration, data.stepsPerEpoch),
    learningRates: rates(configuration, countedSamples('pre-training', configuration), data.stepsPerEpoch),
    classes: null,
    prepareFrom: (step) => data.prepareFrom(step),
    async batch(step, microBatch) {
      const { clips, known, ...inputs } = await data.take(step, microBatch)
      return { inputs: { ...inputs, ...dropPathInput(seed, step, microBatch, rows, configuration) }, clips, known }
    },
    targets: ({ inputs, known }) => teachers.features(inputs, known),
    metrics: ({ outputs }) => ({
      ...(outputs['imageLoss'] === undefined ? {} : { 'train/image-loss': scalarOf(outputs['imageLoss']) }),
      ...(outputs['videoLoss'] === undefined ? {} : { 'train/video-loss': scalarOf(outputs['videoLoss']) }),
    }),
    picture,
    async [Symbol.asyncDispose]() {
      data[Symbol.dispose]()
      await teachers[Symbol.asyncDispose]()
    },
  }
}

/** Teachers whose features are rounded and kept, or computed for each batch. */
async function openTargets(
  context: StageContext,
  models: TeacherModels,
  configuration: DistillConfiguration,
): Promise<RoundedTeachers> {
  const { clip } = context
  if (configuration.targetCache > 0) return openRoundedTeachers(context, models, configuration, clip)
  const teachers = await openTeachers(context, models, configuration, clip, configuration.batchSize)
  return {
    lookUp: () => Promise.resolve({}),
    features: (batch) => teachers.features(batch),
    [Symbol.asyncDispose]: () => teachers[Symbol.asyncDispose](),
  }
}

/** A branch that learns from pixels predicts the pixels of a cube. */
export const studentConfig = (
  configuration: DistillConfiguration,
  clip: ClipConfiguration,
  widths: TeacherWidths,
): StudentConfig => {
  const videoTargetWidth = predictsPixels(configuration) ? cubeSize(clip) : widths.video
  return {
    ...clip,
    ...configuration,
    ...(widths.image === undefined ? {} : { imageTargetWidth: widths.image }),
    ...(videoTargetWidth === undefined ? {} : { videoTargetWidth }),
  }
}

/**
 * One step: video [B, 3, T, S, S], visible [B, Nv], masked [B, Nm], imageTarget and videoTarget [B, Nm, Dt] for each
 * teacher, dropPath [rows, B] if drop path is on. Loss = lambda1 x image loss + lambda2 x video loss (eq. 3).
 */
export function distillProgram(model: StudentConfig, configuration: DistillConfiguration): TrainingProgram {
  const { batchSize, accumulationSteps, maskRatio, decoderMaskRatio, loss: distance, dropPath } = configuration
  const masks = tubeMaskSpecs(batchSize, model, maskRatio, decoderMaskRatio)
  return {
    name: 'distill',
    accumulationSteps,
    inputs: {
      video: clipSpec(batchSize, model),
      ...masks,
      ...targetSpecs(model, configuration, masks.masked),
      ...(dropPath === 0
        ? {}
        : {
            dropPath: { ...floatSpec([dropPathRates(dropPath, studentDepths(model)).length, batchSize]), batchAxis: 1 },
          }),
    },
    groups: parameterGroups(studentParameters(model), configuration.weightDecay),
    optimizer: adamWSettings(configuration),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const predicted = predictFeatures(model, weightsOf(parameters), {
        video: input('video'),
        visible: input('visible'),
        masked: input('masked'),
        ...(inputs['dropPath'] === undefined ? {} : { dropPath: inputs['dropPath'] }),
      })
      const imageLoss =
        predicted.image === undefined ? undefined : featureLoss(distance, predicted.image, input('imageTarget'))
      const videoLoss =
        predicted.video === undefined
          ? undefined
          : predictsPixels(configuration)
            ? pixelLoss(predicted.video, hiddenPixels(model, input))
            : featureLoss(distance, predicted.video, input('videoTarget'))
      const losses = [
        imageLoss?.mul(configuration.imageTeacherWeight),
        videoLoss?.mul(configuration.videoTeacherWeight),
      ].filter((loss) => loss !== undefined)
      return {
        loss: losses.reduce((sum, loss) => sum.add(loss)).asScalar(),
        outputs: {
          ...(imageLoss === undefined ? {} : { imageLoss }),
          ...(videoLoss === undefined ? {} : { videoLoss }),
        },
      }
    },
  }
}

function dropPathInput(
  seed: number,
  step: number,
  microBatch: number,
  rows: readonly number[],
  configuration: DistillConfiguration,
): NamedHostTensors {
  if (configuration.dropPath === 0) return {}
  const factors = dropPathFactors(
    draws(seed, 'drop-path', step),
    rows,
    samplesPerStep(configuration),
    positionsInStep(configuration, microBatch),
  )
  return { dropPath: floatTensor([rows.length, configuration.batchSize], factors) }
}
