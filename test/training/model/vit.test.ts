import { beforeAll, describe, expect, it } from 'vitest'
import { draws } from '#training/data/random.ts'
import {
  type ClassifierConfig,
  classifierFromEncoder,
  classifierParameters,
  classify,
} from '#training/model/classifier.ts'
import { dropPathRates } from '#training/model/drop-path.ts'
import { initializeParameters } from '#training/model/initialize.ts'
import { type ParameterSpec, weightsOf } from '#training/model/parameters.ts'
import { cubes, firstFrames, gatherTokens } from '#training/model/patches.ts'
import { studentDepths, studentParameters } from '#training/model/student.ts'
import { blockParameters, blocks } from '#training/model/vit.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'
import * as tf from '#training/tensor/tf.ts'

const clip = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 }
const stack = { width: 16, depth: 2, heads: 2 }
const decoder = { decoderWidth: 16, decoderDepth: 1, decoderHeads: 2 }
const classifier: ClassifierConfig = { ...clip, ...stack, classes: 3, positions: 'space-time', headInitScale: 0.001 }

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const fresh = (specs: readonly ParameterSpec[], seed = 7) => initializeParameters(specs, (name) => draws(seed, name))
const tensors = (parameters: NamedHostTensors) =>
  Object.fromEntries(Object.entries(parameters).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]))

/** Place of a number in a clip [.., 3, 4, 8, 8]. */
const at = (sample: number, channel: number, frame: number, row: number, column: number) =>
  (((sample * 3 + channel) * 4 + frame) * 8 + row) * 8 + column
const values = (parameters: NamedHostTensors, name: string) => [...parameters[name]!.data]
const deviation = (numbers: number[]) => Math.sqrt(numbers.reduce((sum, value) => sum + value ** 2, 0) / numbers.length)

describe('cubes', () => {
  const video = tf.range(0, 2 * 3 * 4 * 8 * 8).reshape([2, 3, 4, 8, 8])

  it('come in order time, row, column, each in order channel, frame, row, column', () => {
    const result = cubes(video, clip).arraySync()
    expect([result.length, result[0]!.length, result[0]![0]!.length]).toEqual([2, 8, 96])
    // Token 6 of the second sample: tubelet 1, row 1, column 0.
    const token = result[1]![6]!
    expect(token[0]).toBe(at(1, 0, 2, 4, 0))
    expect(token[1]).toBe(at(1, 0, 2, 4, 1))
    expect(token[4]).toBe(at(1, 0, 2, 5, 0))
    expect(token[16]).toBe(at(1, 0, 3, 4, 0))
    expect(token[32]).toBe(at(1, 1, 2, 4, 0))
    expect(token[95]).toBe(at(1, 2, 3, 7, 3))
  })

  it('are picked for each sample by its own indices', () => {
    const tokens = tf.tensor3d([
      [[0], [1], [2]],
      [[10], [11], [12]],
    ])
    expect(
      gatherTokens(
        tokens,
        tf.tensor2d(
          [
            [0, 2],
            [1, 2],
          ],
          [2, 2],
          'int32',
        ),
      ).arraySync(),
    ).toEqual([
      [[0], [2]],
      [[11], [12]],
    ])
  })

  it('give the image teacher the first frame of each tubelet', () => {
    const frames = firstFrames(video, clip)
    expect(frames.shape).toEqual([4, 3, 8, 8])
    expect(frames.slice([3, 2, 0, 0], [1, 1, 1, 1]).dataSync()[0]).toBe(at(1, 2, 2, 0, 0))
  })
})

describe('drop path', () => {
  it('rises linearly in each stack, two rows a block', () => {
    expect(dropPathRates(0.2, [3, 1, 2])).toEqual([0, 0, 0.1, 0.1, 0.2, 0.2, 0, 0, 0, 0, 0.2, 0.2])
  })
  it('lists the stacks of a student', () => {
    expect(studentDepths({ ...clip, ...stack, ...decoder, imageTargetWidth: 8, videoTargetWidth: 8 })).toEqual([
      2, 1, 1,
    ])
    expect(studentDepths({ ...clip, ...stack, ...decoder, videoTargetWidth: 8 })).toEqual([2, 1])
  })
  it('skips a dropped branch and scales a kept one, each sample alone', () => {
    const one = { ...stack, depth: 1 }
    const weights = weightsOf(tensors(fresh(blockParameters(one, 'separate', () => (random) => 0.3 * random.normal()))))
    const x = tf.randomNormal([2, 3, 16], 0, 1, 'float32', 5)
    const through = (...rows: [number, number][]) =>
      blocks(one, 'separate', weights, x, tf.tensor2d(rows)).arraySync() as number[][][]
    const plain = blocks(one, 'separate', weights, x).arraySync() as number[][][]

    expect(through([0, 1], [0, 1])).toEqual([(x.arraySync() as number[][][])[0], plain[1]])
    const doubled = through([0, 0], [2, 0])[0]!.flat()
    const single = through([0, 0], [1, 0])[0]!.flat()
    const input = (x.arraySync() as number[][][])[0]!.flat()
    doubled.forEach((value, index) =>
      expect(value - input[index]!).toBeCloseTo(2 * (single[index]! - input[index]!), 4),
    )
  })
})

describe('initial weights', () => {
  it('follow the published rules', () => {
    const student = fresh(
      studentParameters({ ...clip, ...stack, width: 64, ...decoder, decoderWidth: 512, imageTargetWidth: 8 }),
    )
    const qkv = values(student, 'blocks.0.attn.qkv.weight')
    const bound = Math.sqrt(6 / (4 * 64))
    expect(Math.max(...qkv)).toBeLessThanOrEqual(bound)
    expect(deviation(qkv)).toBeCloseTo(bound / Math.sqrt(3), 2)
    const patches = values(student, 'patch_embed.proj.weight')
    expect(Math.max(...patches)).toBeLessThanOrEqual(1 / Math.sqrt(96))
    expect(Math.max(...patches)).toBeGreaterThan(0.99 / Math.sqrt(96))
    const token = values(student, 'mask_token_img')
    expect(Math.max(...token.map(Math.abs))).toBeLessThanOrEqual(0.02)
    expect(deviation(token)).toBeCloseTo(0.0108, 3)
    expect(new Set(values(student, 'blocks.1.mlp.fc1.bias'))).toEqual(new Set([0]))
    expect(new Set(values(student, 'norm.weight'))).toEqual(new Set([1]))
  })

  it('keep the head of a classifier small', () => {
    const model = fresh(classifierParameters({ ...classifier, width: 64, classes: 100 }))
    expect(deviation(values(model, 'head.weight'))).toBeCloseTo(2e-5, 6)
    expect(deviation(values(model, 'blocks.0.mlp.fc1.weight'))).toBeCloseTo(0.02, 3)
  })

  it('do not depend on the order of parameters', () => {
    const specs = classifierParameters(classifier)
    expect(fresh(specs.toReversed())['head.weight']).toEqual(fresh(specs)['head.weight'])
  })
})

describe('a classifier', () => {
  const start = fresh(classifierParameters(classifier), 1)
  const student = fresh(studentParameters({ ...clip, ...stack, ...decoder, videoTargetWidth: 8 }), 2)

  it('takes blocks and patch embedding from a student, and a fresh norm and head', () => {
    const model = classifierFromEncoder(classifier, start, student, 'distill@1')
    expect(Object.keys(model).toSorted()).toEqual(Object.keys(start).toSorted())
    expect(model['blocks.1.mlp.fc2.weight']).toBe(student['blocks.1.mlp.fc2.weight'])
    expect(model['patch_embed.proj.bias']).toBe(student['patch_embed.proj.bias'])
    expect(model['fc_norm.weight']).toBe(start['fc_norm.weight'])
    expect(model['head.weight']).toBe(start['head.weight'])
  })

  it('refuses weights of another size', () => {
    expect(() =>
      classifierFromEncoder({ ...classifier, width: 32 }, start, student, 'distill@1'),
    ).toThrowErrorMatchingInlineSnapshot(
      `[StudioError: The tensor patch_embed.proj.weight of distill@1 has the shape [16, 3, 2, 4, 4]; the model needs [32, 3, 2, 4, 4].]`,
    )
  })

  it('sees its position table', () => {
    const weights = weightsOf(tensors(fresh(classifierParameters({ ...classifier, headInitScale: 1 }))))
    const video = tf.randomNormal([1, 3, 4, 8, 8], 0, 1, 'float32', 3)
    const [spaceTime, flat] = (['space-time', 'flat'] as const).map((positions) =>
      classify({ ...classifier, positions }, weights, video).dataSync(),
    )
    expect(spaceTime).not.toEqual(flat)
  })
})
