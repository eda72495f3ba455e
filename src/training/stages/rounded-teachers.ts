import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { DistillConfiguration } from '#contract/stages/distill.ts'
import { clipSpec, floatTensor } from '../data/batch-tensors.ts'
import type { InferenceProgram, InferenceSession } from '../engine/program/engine.ts'
import type { FrozenEncoder } from '../model/layouts.ts'
import { weightsOf } from '../model/parameters.ts'
import { tokenCount } from '../model/patches.ts'
import { plainNorm } from '../model/vit.ts'
import { gatherHalf, toHalf } from '../targets/half.ts'
import type { Known, KnownTargets, SeenByTeachers } from '../targets/known-targets.ts'
import { clipKey, pixelChecksum, type TeacherKey, teacherKey } from '../targets/target-key.ts'
import { TargetStore } from '../targets/target-store.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import type { StageContext } from './stage.ts'
import type { TeacherModels } from './teachers.ts'

type Branch = keyof TeacherModels
const branches = ['image', 'video'] as const satisfies Branch[]

/**
 * Frozen teachers whose features are rounded to float16, so that they can be kept. A clip is computed alone, without the others of its batch: its
 * features have the same bits whenever and in whatever batch it comes, read or computed.
 */
export interface RoundedTeachers extends AsyncDisposable {
  /** Reads the features that are kept, ahead of the step. */
  lookUp(clips: SeenByTeachers): Promise<KnownTargets>
  /** `video`, `imageVideo` and `masked` of a batch -> `imageTarget` and `videoTarget` [B, Nm, Dt]. Computes and keeps what is not known. */
  features(batch: NamedHostTensors, known: KnownTargets | undefined): Promise<NamedHostTensors>
}

interface OpenTeacher {
  readonly branch: Branch
  readonly session: InferenceSession
  readonly encoder: FrozenEncoder
  readonly key: TeacherKey | undefined
  /** The clip's input that it sees. */
  readonly sees: 'video' | 'imageVideo'
}

/** Compiles the teachers for single clips. Features are kept if the context names a folder for them. */
export async function openRoundedTeachers(
  { engine, inputs, keptTargets, warn }: StageContext,
  models: TeacherModels,
  configuration: DistillConfiguration,
  clip: ClipConfiguration,
): Promise<RoundedTeachers> {
  const store = keptTargets === undefined ? undefined : new TargetStore({ folder: keptTargets.folder, warn })
  const teachers: OpenTeacher[] = []
  for (const branch of branches) {
    const encoder = models[branch]
    const trained = branch === 'image' ? inputs.imageTeacher : inputs.videoTeacher
    if (encoder === undefined || trained === undefined) continue
    const { geometry, parameters } = encoder
    teachers.push({
      branch,
      session: await engine.inference(wholeClipProgram(branch, encoder, configuration, clip), parameters),
      encoder,
      key:
        keptTargets === undefined
          ? undefined
          : teacherKey({ model: trained.model, parameters }, geometry, configuration.normalizeTargets, {
              ...keptTargets.arithmetic,
              engine: engine.name,
            }),
      sees: geometry.imageSize === clip.imageSize ? 'video' : 'imageVideo',
    })
  }
  return {
    async lookUp(clips) {
      if (store === undefined) return {}
      const checksumOf = checksumsOf(clips)
      const found = teachers.map(async ({ branch, key: teacher, encoder, sees }) => {
        if (teacher === undefined) return [branch, []] as const
        const known = clips.plans.map(async (plan, index): Promise<Known> => {
          const key = clipKey(teacher, plan, checksumOf(sees, index))
          return { key, bits: await store.read(key, numbersOf(encoder)) }
        })
        return [branch, await Promise.all(known)] as const
      })
      return Object.fromEntries(await Promise.all(found))
    },
    async features(batch, known) {
      const targets: Record<string, HostTensor> = {}
      for (const teacher of teachers) {
        const { branch } = teacher
        targets[`${branch}Target`] = await targetOf(teacher, batch, known?.[branch], store)
      }
      return targets
    },
    async [Symbol.asyncDispose]() {
      for (const { session } of teachers) await session.dispose()
    },
  }
}

/** Checksums of the clips of a batch, computed once for teachers that see the same pixels. */
function checksumsOf(clips: SeenByTeachers): (sees: OpenTeacher['sees'], index: number) => number {
  const known = new Map<string, number>()
  return (sees, index) => {
    const clip = `${sees} ${index}`
    const checksum = known.get(clip) ?? pixelChecksum(pixelsOf(clips[sees], index))
    known.set(clip, checksum)
    return checksum
  }
}

/** Features of a batch at its masked tokens: [B, Nm, D]. */
async function targetOf(
  teacher: OpenTeacher,
  batch: NamedHostTensors,
  known: readonly Known[] | undefined,
  store: TargetStore | undefined,
): Promise<HostTensor> {
  const { width } = teacher.encoder
  const [video, masked] = [inputOf(batch, teacher.sees), inputOf(batch, 'masked')]
  const [clips = 0, tokens = 0] = masked.shape
  const indices = indicesOf(masked)
  const data = new Float32Array(clips * tokens * width)
  for (let index = 0; index < clips; index++) {
    const { key, bits = await compute(teacher, video, index) } = known?.[index] ?? {}
    if (key !== undefined && known?.[index]?.bits === undefined) await store?.write(key, bits)
    const rows = indices.subarray(index * tokens, (index + 1) * tokens)
    gatherHalf(data, index * tokens * width, bits, rows, width)
  }
  return floatTensor([clips, tokens, width], data)
}

/** Features of all tokens of one clip of a batch, rounded. @throws StudioError `configuration-invalid` if float16 cannot hold them */
async function compute({ branch, session }: OpenTeacher, video: HostTensor, index: number): Promise<Uint16Array> {
  const clip = floatTensor([1, ...video.shape.slice(1)], pixelsOf(video, index))
  const { features } = await session.run({ video: clip })
  const bits = features?.data instanceof Float32Array ? toHalf(features.data) : undefined
  if (bits !== undefined) return bits
  throw new StudioError(
    'configuration-invalid',
    `Features of the ${branch} teacher are not finite or larger than 65,504, the largest number of float16, in which the target cache keeps them.`,
    'Set distill.targetCache to 0, or distill.normalizeTargets to true.',
  )
}

/** Features of all tokens of a clip: [1, N, D]. */
function wholeClipProgram(
  branch: Branch,
  { geometry, features }: FrozenEncoder,
  { normalizeTargets }: DistillConfiguration,
  clip: ClipConfiguration,
): InferenceProgram {
  return {
    name: `${branch}-teacher-clip`,
    inputs: { video: clipSpec(1, clip, geometry.imageSize) },
    run(parameters, inputs) {
      const all = features(weightsOf(parameters), weightsOf(inputs)('video'))
      return { features: normalizeTargets ? plainNorm(all) : all }
    },
  }
}

const numbersOf = ({ geometry, width }: FrozenEncoder): number => tokenCount(geometry) * width

function indicesOf({ data }: HostTensor): Int32Array {
  if (data instanceof Int32Array) return data
  throw new TypeError('Tokens are numbered by int32.')
}

/** Pixels of one clip of a batch. */
function pixelsOf({ shape, data }: HostTensor, index: number): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('Pixels of a batch are float32.')
  const size = data.length / (shape[0] ?? 1)
  return data.subarray(index * size, (index + 1) * size)
}

function inputOf(batch: NamedHostTensors, name: string): HostTensor {
  const tensor = batch[name]
  if (tensor === undefined) throw new Error(`The batch has no ${name}.`)
  return tensor
}
