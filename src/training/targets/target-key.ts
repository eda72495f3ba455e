import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { EngineName, Precision } from '#contract/domain/engine.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import type { ClipPlan } from '../data/clip.ts'
import type { ClipGeometry } from '../model/patches.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'

/** A change of what features are, or of how a model computes them, needs another version. */
const version = 1

/** All that the features of a teacher depend on, besides the clip. */
export interface TeacherKey {
  readonly version: typeof version
  /** SHA-256 of its weights. */
  readonly weights: string
  readonly model: Pick<ModelDescription, 'layout' | 'family' | 'sizes' | 'hasLearnedPositions'>
  readonly geometry: ClipGeometry
  readonly isNormalized: boolean
  readonly arithmetic: Arithmetic
}

/** How features are computed: another engine or precision gives other last digits, and resumed runs need the same. */
export interface Arithmetic {
  readonly engine: EngineName
  readonly precision: Precision
  readonly tf32: boolean
}

export function teacherKey(
  { model, parameters }: Pick<TrainedModel, 'model' | 'parameters'>,
  { frames, tubeletSize, imageSize, patchSize }: ClipGeometry,
  isNormalized: boolean,
  arithmetic: Arithmetic,
): TeacherKey {
  const { layout, family, sizes, hasLearnedPositions } = model
  return {
    version,
    weights: weightsDigest(parameters),
    model: { layout, family, sizes, hasLearnedPositions },
    geometry: { frames, tubeletSize, imageSize, patchSize },
    isNormalized,
    arithmetic,
  }
}

/** SHA-256 of names, shapes and numbers, in hexadecimal. */
function weightsDigest(parameters: NamedHostTensors): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(parameters).toSorted()) {
    const tensor = parameters[name]
    if (tensor === undefined) continue
    const { shape, dtype, data } = tensor
    hash.update(JSON.stringify([name, shape, dtype]))
    hash.update(bytesOf(data))
  }
  return hash.digest('hex')
}

/** What the file of the features of a clip says that they are, and the digest that is its name. */
export interface ClipKey {
  readonly digest: string
  readonly description: string
}

/**
 * The key of the features of a clip. Seed, draw, clip settings and dataset are in it as the frames and the crop that they lead to.
 * @param pixels checksum of the clip, because another decoder may give other pixels for the same plan
 */
export function clipKey(
  teacher: TeacherKey,
  { digest, frameCount, decodedSize, frameIndices, crop, flip, resample }: ClipPlan,
  pixels: number,
): ClipKey {
  const plan = { video: digest, frameCount, decodedSize, frameIndices, crop, flip, resample }
  const name = createHash('sha256').update(JSON.stringify({ teacher, plan }))
  return {
    digest: name.digest('hex').slice(0, 40),
    description: JSON.stringify({ teacher, plan, pixels }),
  }
}

/** CRC-32 of the pixels [3, T, S, S] of a clip. */
export const pixelChecksum = (pixels: Float32Array): number => crc32(bytesOf(pixels))

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)
