import { type DistillConfiguration, predictsPixels } from '#contract/stages/distill.ts'
import { clipSpec } from '../data/batch-tensors.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import { weightsOf } from '../model/parameters.ts'
import { predictFeatures, type StudentConfig } from '../model/student.ts'
import { featureErrors } from '../objective/feature-loss.ts'
import { errorMapPicture } from '../pictures/error-map.ts'
import { tubeMaskSpecs } from './mask-specs.ts'
import type { StageContext } from './stage.ts'
import { hiddenPixels, targetSpecs } from './student-targets.ts'
import { openTeachers, teacherImageSize, type TeacherModels } from './teachers.ts'

/** The picture of a student's errors against its teachers. */
export function studentErrorPicture(
  context: StageContext,
  configuration: DistillConfiguration,
  model: StudentConfig,
  models: TeacherModels,
) {
  return errorMapPicture(context, {
    geometry: model,
    maskRatio: configuration.maskRatio,
    teacherImageSize: teacherImageSize(models, context.clip),
    targets: async (inputs) => {
      const whole = { ...configuration, decoderMaskRatio: 0 }
      const teachers = await openTeachers(context, models, whole, context.clip, 1)
      try {
        return await teachers.features(inputs)
      } finally {
        await teachers[Symbol.asyncDispose]()
      }
    },
    program: errorProgram(model, configuration),
  })
}

/** Error of each masked token of one clip, including those that decoder masking excludes from training: `image` and `video` [1, Nm]. */
function errorProgram(model: StudentConfig, configuration: DistillConfiguration): InferenceProgram {
  const { loss, maskRatio } = configuration
  const masks = tubeMaskSpecs(1, model, maskRatio)
  return {
    name: 'student-errors',
    inputs: {
      video: clipSpec(1, model),
      ...masks,
      ...targetSpecs(model, configuration, masks.masked),
    },
    run(parameters, inputs) {
      const input = weightsOf(inputs)
      const { image, video } = predictFeatures(model, weightsOf(parameters), {
        video: input('video'),
        visible: input('visible'),
        masked: input('masked'),
      })
      return {
        ...(image === undefined ? {} : { image: featureErrors(loss, image, input('imageTarget')) }),
        ...(video === undefined
          ? {}
          : {
              video: predictsPixels(configuration)
                ? featureErrors('l2', video, hiddenPixels(model, input))
                : featureErrors(loss, video, input('videoTarget')),
            }),
      }
    },
  }
}
