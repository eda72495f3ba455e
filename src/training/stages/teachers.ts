import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { type DistillConfiguration, usesImageTeacher, usesVideoTeacher } from '#contract/stages/distill.ts'
import { clipSpec } from '../data/batch-tensors.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import type { FrozenEncoder } from '../model/layouts.ts'
import { weightsOf } from '../model/parameters.ts'
import { gatherTokens } from '../model/patches.ts'
import { frozenEncoder } from '../model/trained-model.ts'
import { plainNorm } from '../model/vit.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { tubeMaskSpecs } from './mask-specs.ts'
import type { StageContext, StageInputs } from './stage.ts'

/** Widths of the features of each configured teacher. */
export interface TeacherWidths {
  readonly image?: number
  readonly video?: number
}

/** Frozen teachers: they see the whole clip and return their features at the masked tokens. */
export interface Teachers extends AsyncDisposable {
  /** `video`, `imageVideo` (the clip at the image teacher's crop) and `masked` of a batch -> `imageTarget` and `videoTarget` [B, Nm, Dt]. */
  features(batch: NamedHostTensors): Promise<NamedHostTensors>
}

/** The teachers by the branch that learns from them. Either teacher may be a model of frames or of clips. */
export interface TeacherModels {
  readonly image?: FrozenEncoder
  readonly video?: FrozenEncoder
}

/** The encoders of the trained models that the configuration names as teachers. */
export function teacherModels(
  inputs: StageInputs,
  configuration: DistillConfiguration,
  clip: ClipConfiguration,
): TeacherModels {
  const open = (branch: 'image' | 'video'): FrozenEncoder => {
    const trained = branch === 'image' ? inputs.imageTeacher : inputs.videoTeacher
    if (trained === undefined) throw missing(branch)
    return frozenEncoder(trained, clip)
  }
  return {
    ...(usesImageTeacher(configuration) ? { image: open('image') } : {}),
    ...(usesVideoTeacher(configuration) ? { video: open('video') } : {}),
  }
}

/** Image size of the clips of the teachers, if it differs from that of the clip. The launch checks that both teachers have the same. */
export function teacherImageSize({ image, video }: TeacherModels, clip: ClipConfiguration): number {
  return (
    [image, video]
      .map((teacher) => teacher?.geometry.imageSize ?? clip.imageSize)
      .find((size) => size !== clip.imageSize) ?? clip.imageSize
  )
}

export const teacherWidths = ({ image, video }: TeacherModels): TeacherWidths => ({
  ...(image === undefined ? {} : { image: image.width }),
  ...(video === undefined ? {} : { video: video.width }),
})

/** Compiles the teachers for batches of `batchSize`. Each is a separate inference graph. */
export async function openTeachers(
  { engine }: StageContext,
  models: TeacherModels,
  configuration: DistillConfiguration,
  clip: ClipConfiguration,
  batchSize: number,
): Promise<Teachers> {
  const open = async (branch: 'image' | 'video') => {
    const teacher = models[branch]
    if (teacher === undefined) return undefined
    const session = await engine.inference(
      teacherProgram(branch, teacher, configuration, clip, batchSize),
      teacher.parameters,
    )
    return { session, video: teacher.geometry.imageSize === clip.imageSize ? 'video' : 'imageVideo' }
  }
  const opened = [await open('image'), await open('video')].filter((teacher) => teacher !== undefined)
  return {
    async features(batch) {
      let targets: NamedHostTensors = {}
      for (const { session, video } of opened)
        targets = { ...targets, ...(await session.run(select(batch, { video, masked: 'masked' }))) }
      return targets
    },
    async [Symbol.asyncDispose]() {
      for (const { session } of opened) await session.dispose()
    },
  }
}

function teacherProgram(
  branch: 'image' | 'video',
  teacher: FrozenEncoder,
  configuration: DistillConfiguration,
  clip: ClipConfiguration,
  batchSize: number,
): InferenceProgram {
  return {
    name: `${branch}-teacher-features`,
    inputs: {
      video: clipSpec(batchSize, clip, teacher.geometry.imageSize),
      masked: tubeMaskSpecs(batchSize, clip, configuration.maskRatio, configuration.decoderMaskRatio).masked,
    },
    run(parameters, inputs) {
      const [weights, input] = [weightsOf(parameters), weightsOf(inputs)]
      const features = teacher.features(weights, input('video'))
      return { [`${branch}Target`]: targets(gatherTokens(features, input('masked')), configuration) }
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

const targets = (features: ReturnType<typeof gatherTokens>, { normalizeTargets }: DistillConfiguration) =>
  normalizeTargets ? plainNorm(features) : features

const missing = (teacher: string) =>
  new StudioError(
    'checkpoint-invalid',
    `There is no checkpoint of the ${teacher} teacher to distil from.`,
    `Run the stage ${teacher}-teacher first, choose a checkpoint instead, or set distill.teachers to the other teacher.`,
  )
