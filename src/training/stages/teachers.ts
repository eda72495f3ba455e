import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { DistillConfiguration } from '#contract/configuration/distill.ts'
import { StudioError } from '#contract/errors.ts'
import type { HostTensor, InferenceProgram, InferenceSession, NamedHostTensors } from '../engine/engine.ts'
import { imageEncoderParameters } from '../model/image-autoencoder.ts'
import { selectParameters, weightsOf } from '../model/parameters.ts'
import { gatherTokens } from '../model/patches.ts'
import { type ImageTeacherConfig, imageTeacherFeatures, videoTeacherFeatures } from '../model/teachers.ts'
import { type VideoEncoderConfig, videoEncoderParameters } from '../model/video-autoencoder.ts'
import { plainNorm } from '../model/vit.ts'
import { tubeMaskSpecs } from './mask-specs.ts'
import type { StageContext, StageInputs } from './stage.ts'
import { clipSpec } from './tensors.ts'

/** Widths of the features of each teacher that teaches. */
export interface TeacherWidths {
  readonly image?: number
  readonly video?: number
}

/** Frozen teachers: they see the whole clip and say what is at the masked tokens. */
export interface Teachers extends AsyncDisposable {
  /** `video`, `imageVideo` (the clip at the image teacher's crop) and `masked` of a batch -> `imageTarget` and `videoTarget` [B, Nm, Dt]. */
  features(batch: NamedHostTensors): Promise<NamedHostTensors>
}

export interface TeacherModels {
  readonly image?: { readonly config: ImageTeacherConfig; readonly parameters: NamedHostTensors }
  readonly video?: { readonly config: VideoEncoderConfig; readonly parameters: NamedHostTensors }
}

/** Takes the encoders out of the earlier runs' weights, as `teachers` asks. */
export function teacherModels(inputs: StageInputs, { teachers }: DistillConfiguration, clip: ClipConfiguration): TeacherModels {
  return {
    ...(teachers === 'video' ? {} : { image: imageTeacherModel(inputs, clip) }),
    ...(teachers === 'image' ? {} : { video: videoTeacherModel(inputs, clip) }),
  }
}

export const teacherWidths = ({ image, video }: TeacherModels): TeacherWidths => ({
  ...(image === undefined ? {} : { image: image.config.width }),
  ...(video === undefined ? {} : { video: video.config.width }),
})

/** Compiles the teachers for batches of `batchSize`. Each is an inference graph of its own. */
export async function openTeachers({ engine }: StageContext, models: TeacherModels, configuration: DistillConfiguration, clip: ClipConfiguration, batchSize: number): Promise<Teachers> {
  const sessions: { image?: InferenceSession; video?: InferenceSession } = {}
  if (models.image !== undefined) sessions.image = await engine.inference(imageTeacherProgram(models.image.config, configuration, clip, batchSize), models.image.parameters)
  if (models.video !== undefined) sessions.video = await engine.inference(videoTeacherProgram(models.video.config, configuration, clip, batchSize), models.video.parameters)
  return {
    async features(batch) {
      const image = await sessions.image?.run(select(batch, { video: 'imageVideo', masked: 'masked' }))
      const video = await sessions.video?.run(select(batch, { video: 'video', masked: 'masked' }))
      return { ...image, ...video }
    },
    async [Symbol.asyncDispose]() {
      await sessions.image?.dispose()
      await sessions.video?.dispose()
    },
  }
}

function imageTeacherProgram(model: ImageTeacherConfig, configuration: DistillConfiguration, clip: ClipConfiguration, batchSize: number): InferenceProgram {
  return {
    name: 'image-teacher-features',
    inputs: { video: clipSpec(batchSize, clip, model.imageSize), masked: tubeMaskSpecs(batchSize, clip, configuration.maskRatio).masked },
    run(parameters, inputs) {
      const input = weightsOf(inputs)
      const features = imageTeacherFeatures(model, weightsOf(parameters), input('video'))
      return { imageTarget: targets(gatherTokens(features, input('masked')), configuration) }
    },
  }
}

function videoTeacherProgram(model: VideoEncoderConfig, configuration: DistillConfiguration, clip: ClipConfiguration, batchSize: number): InferenceProgram {
  return {
    name: 'video-teacher-features',
    inputs: { video: clipSpec(batchSize, clip), masked: tubeMaskSpecs(batchSize, clip, configuration.maskRatio).masked },
    run(parameters, inputs) {
      const input = weightsOf(inputs)
      const features = videoTeacherFeatures(model, weightsOf(parameters), input('video'))
      return { videoTarget: targets(gatherTokens(features, input('masked')), configuration) }
    },
  }
}

function select(batch: NamedHostTensors, names: Readonly<Record<string, string>>): NamedHostTensors {
  return Object.fromEntries(
    Object.entries(names).map(([input, name]): [string, HostTensor] => {
      const tensor = batch[name]
      if (tensor === undefined) throw new Error(`The batch has no ${name}.`)
      return [input, tensor]
    }),
  )
}

const targets = (features: ReturnType<typeof gatherTokens>, { normalizeTargets }: DistillConfiguration) => (normalizeTargets ? plainNorm(features) : features)

function imageTeacherModel({ imageTeacher }: StageInputs, clip: ClipConfiguration): Required<TeacherModels>['image'] {
  if (imageTeacher?.task.stage !== 'image-teacher') throw missing('image')
  const { width, depth, heads, imageSize, patchSize } = imageTeacher.task.configuration
  const config = { width, depth, heads, imageSize, patchSize, frames: clip.frames, tubeletSize: clip.tubeletSize }
  return { config, parameters: selectParameters(imageEncoderParameters(config), imageTeacher.parameters, imageTeacher.origin) }
}

function videoTeacherModel({ videoTeacher }: StageInputs, clip: ClipConfiguration): Required<TeacherModels>['video'] {
  if (videoTeacher?.task.stage !== 'video-teacher') throw missing('video')
  const { width, depth, heads } = videoTeacher.task.configuration
  const config = { ...clip, width, depth, heads }
  return { config, parameters: selectParameters(videoEncoderParameters(config), videoTeacher.parameters, videoTeacher.origin) }
}

const missing = (teacher: string) => new StudioError('checkpoint-invalid', `There is no checkpoint of the ${teacher} teacher to distil from.`, `Run the stage ${teacher}-teacher first, or set distill.teachers to the other one.`)
