import { describe, expect, it } from 'vitest'
import { classifierParameters } from '#training/model/classifier.ts'
import { imageAutoencoderParameters } from '#training/model/image-autoencoder.ts'
import { type ParameterSpec, parameterCount, selectParameters } from '#training/model/parameters.ts'
import { type StudentConfig, studentParameters } from '#training/model/student.ts'
import { videoAutoencoderParameters } from '#training/model/video-autoencoder.ts'

const clip = { frames: 16, tubeletSize: 2, imageSize: 224, patchSize: 16 }
const small = { width: 384, depth: 12, heads: 6 }
const base = { width: 768, depth: 12, heads: 12 }
const large = { width: 1024, depth: 24, heads: 16 }
const huge = { width: 1280, depth: 32, heads: 16 }

describe('sizes of the published models', () => {
  const student = (
    stack: typeof small,
    decoder: [width: number, depth: number, heads: number],
    target: number,
  ): StudentConfig => ({
    ...clip,
    ...stack,
    decoderWidth: decoder[0],
    decoderDepth: decoder[1],
    decoderHeads: decoder[2],
    imageTargetWidth: target,
    videoTargetWidth: target,
  })

  it.each([
    ['S from B', student(small, [384, 2, 6], 768), 29_865_600],
    ['S from L', student(small, [384, 2, 6], 1024), 30_062_720],
    ['B from B', student(base, [768, 2, 12], 768), 116_942_592],
    ['B from L', student(base, [768, 2, 12], 1024), 117_336_320],
    ['L from L', student(large, [512, 4, 8], 1024), 331_179_008],
    ['H from H', student(huge, [640, 8, 8], 1280), 713_657_600],
  ])('student %s', (_, config, expected) => {
    expect(parameterCount(studentParameters(config))).toBe(expected)
  })

  it.each([
    ['S', small, 22_033_936],
    ['B', base, 86_534_800],
    ['L', large, 304_270_736],
    ['H', huge, 632_119_440],
  ])('classifier %s', (_, stack, expected) => {
    expect(
      parameterCount(
        classifierParameters({ ...clip, ...stack, classes: 400, positions: 'space-time', headInitScale: 0.001 }),
      ),
    ).toBe(expected)
  })

  it('has as many tensors as the published files', () => {
    expect(studentParameters(student(small, [384, 2, 6], 768))).toHaveLength(229)
    expect(studentParameters(student(large, [512, 4, 8], 1024))).toHaveLength(437)
    expect(studentParameters(student(huge, [640, 8, 8], 1280))).toHaveLength(645)
    expect(
      classifierParameters({ ...clip, ...base, classes: 400, positions: 'space-time', headInitScale: 1 }),
    ).toHaveLength(162)
    expect(
      videoAutoencoderParameters({ ...clip, ...base, decoderWidth: 384, decoderDepth: 4, decoderHeads: 6 }),
    ).toHaveLength(218)
    expect(
      imageAutoencoderParameters({
        imageSize: 224,
        patchSize: 16,
        ...base,
        decoderWidth: 512,
        decoderDepth: 8,
        decoderHeads: 16,
      }),
    ).toHaveLength(254)
  })

  it('leaves out the branch of a teacher that does not teach', () => {
    const { videoTargetWidth: _, ...config } = student(small, [384, 2, 6], 768)
    expect(studentParameters(config).filter(({ name }) => name.includes('vid'))).toEqual([])
  })
})

const tensor = (shape: number[]) => ({ shape, dtype: 'float32' as const, data: new Float32Array(6) })

describe('selectParameters', () => {
  const specs = [
    { name: 'head.weight', shape: [2, 3], initialize: () => 0, isTrainable: true, isDecayed: true },
  ] satisfies ParameterSpec[]
  const messageOf = (shapes: Record<string, number[]>) => {
    try {
      return Object.keys(
        selectParameters(
          specs,
          Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tensor(shape)])),
          'runs/a/checkpoints/step-00000001',
        ),
      )
    } catch (error) {
      return String(error)
    }
  }

  it('takes what the model needs and leaves the rest', () => {
    expect(messageOf({ 'head.weight': [2, 3], 'decoder.weight': [6] })).toEqual(['head.weight'])
  })
  it('names a missing tensor', () => {
    expect(messageOf({ head: [2, 3] })).toMatchInlineSnapshot(
      `"StudioError: runs/a/checkpoints/step-00000001 has no tensor head.weight, which the model needs."`,
    )
  })
  it('names a tensor of another shape', () => {
    expect(messageOf({ 'head.weight': [3, 2] })).toMatchInlineSnapshot(
      `"StudioError: The tensor head.weight of runs/a/checkpoints/step-00000001 has the shape [3, 2]; the model needs [2, 3]."`,
    )
  })
})
