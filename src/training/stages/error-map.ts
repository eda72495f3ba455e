import type { MediaItem } from '#contract/domain/media.ts'
import { type DistillConfiguration, predictsPixels } from '#contract/stages/distill.ts'
import { denormalize } from '../data/normalize.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import { weightsOf } from '../model/parameters.ts'
import { gridOf, tokenCount } from '../model/patches.ts'
import { predictFeatures, type StudentConfig } from '../model/student.ts'
import { featureErrors } from '../objective/feature-loss.ts'
import { writeStrips } from '../pictures/strips.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { tubeMaskSpecs } from './mask-specs.ts'
import { maskBits, shownMask } from './reconstruction.ts'
import { shownClip } from './shown-clip.ts'
import type { StageContext } from './stage.ts'
import { hiddenPixels, targetSpecs } from './student-targets.ts'
import { openTeachers, teacherImageSize, type TeacherModels } from './teachers.ts'
import { clipSpec, floatTensor, maskTensors } from './tensors.ts'

/** Writes a picture of the difference between student and teacher features at each token of one clip; clip and mask never change. */
export function errorMapPicture(
  context: StageContext,
  configuration: DistillConfiguration,
  model: StudentConfig,
  models: TeacherModels,
) {
  const { clip } = context
  const mask = shownMask(model, configuration.maskRatio)
  const masks = maskTensors([mask])
  // Teachers and clip are frozen, so their features are computed once.
  let shown: ReturnType<typeof prepare> | undefined
  const prepare = async () => {
    const { video, pixels } = await shownClip(context, clip, clip.imageSize)
    const input = floatTensor(clipSpec(1, clip).shape, pixels)
    const teachers = await openTeachers(context, models, { ...configuration, decoderMaskRatio: 0 }, clip, 1)
    try {
      return {
        video,
        pixels,
        input,
        targets: await teachers.features({ video: input, imageVideo: await imageVideo(input), masked: masks.masked }),
      }
    } finally {
      await teachers[Symbol.asyncDispose]()
    }
  }
  const imageVideo = async (input: HostTensor): Promise<HostTensor> => {
    const size = teacherImageSize(models, clip)
    return size === clip.imageSize
      ? input
      : floatTensor(clipSpec(1, clip, size).shape, (await shownClip(context, clip, size)).pixels)
  }

  return async (parameters: NamedHostTensors, step: number): Promise<MediaItem> => {
    shown ??= prepare()
    const { video, pixels, input, targets } = await shown
    const session = await context.engine.inference(errorProgram(model, configuration), parameters)
    try {
      const errors = await session.run({ video: input, ...masks, ...targets })
      const frames = denormalize(pixels)
      return {
        step,
        kind: 'error-map',
        video: video.path,
        frames: model.frames,
        imageSize: model.imageSize,
        grid: [...gridOf(model)],
        mask: maskBits(mask, tokenCount(model)),
        strips: await writeStrips(context.folder, step, model.imageSize, [{ role: 'input', pixels: frames }]),
        errorMaps: (['image', 'video'] as const).flatMap((teacher) => {
          const values = errors[teacher]
          return values === undefined ? [] : [{ teacher, values: spread(values, mask.masked, tokenCount(model)) }]
        }),
      }
    } finally {
      await session.dispose()
    }
  }
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

function spread({ data }: HostTensor, masked: Int32Array, tokens: number): (number | null)[] {
  const values: (number | null)[] = Array.from({ length: tokens }, () => null)
  masked.forEach((token, index) => {
    values[token] = data[index] ?? null
  })
  return values
}
