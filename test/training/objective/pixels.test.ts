import { beforeAll, describe, expect, it } from 'vitest'
import { draws } from '#training/data/random.ts'
import { cubes, cubeSize, gatherTokens, imageGeometry, tokenCount } from '#training/model/patches.ts'
import { imagePixelTargets, videoPixelTargets } from '#training/objective/pixel-targets.ts'
import { hidden, meanColours, reconstructedImage, reconstructedVideo } from '#training/objective/reconstruction.ts'
import * as tf from '#training/tensor/tf.ts'

const clip = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 }
const image = imageGeometry(8, 4)
const masked = Int32Array.of(1, 2)
const noise = (size: number) => {
  const random = draws(1, 'pixels')
  return Float32Array.from({ length: size }, () => random.normal())
}

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('reconstructions', () => {
  it.each([true, false])('of perfect predictions are the clip itself (normalised: %s)', (isNormalized) => {
    const video = noise(3 * 4 * 8 * 8)
    const targets = videoPixelTargets(
      gatherTokens(cubes(tf.tensor(video, [1, 3, 4, 8, 8]), clip), tf.tensor2d([...masked], [1, 2], 'int32')),
      isNormalized,
    )
    expect(
      Math.max(
        ...differences(reconstructedVideo(video, clip, masked, targets.dataSync<'float32'>(), isNormalized), video),
      ),
    ).toBeLessThan(1e-5)
  })

  it.each([true, false])('of perfect predictions are the image itself (normalised: %s)', (isNormalized) => {
    const picture = noise(3 * 8 * 8)
    const targets = imagePixelTargets(
      gatherTokens(cubes(tf.tensor(picture, [1, 3, 8, 8]), image), tf.tensor2d([...masked], [1, 2], 'int32')),
      isNormalized,
    )
    expect(
      Math.max(
        ...differences(
          reconstructedImage(picture, image, masked, targets.dataSync<'float32'>(), isNormalized),
          picture,
        ),
      ),
    ).toBeLessThan(1e-5)
  })

  it('change only masked cubes', () => {
    const video = noise(3 * 4 * 8 * 8)
    const changed = reconstructedVideo(video, clip, masked, new Float32Array(2 * cubeSize(clip)).fill(9), true)
    const isChanged = cubes(tf.tensor(differences(changed, video), [1, 3, 4, 8, 8]), clip)
      .min(-1)
      .greater(0)
    expect([...isChanged.dataSync()]).toEqual(
      Array.from({ length: tokenCount(clip) }, (_, token) => (masked.includes(token) ? 1 : 0)),
    )
  })

  it('hide masked cubes in grey or in their mean colour', () => {
    const video = noise(3 * 4 * 8 * 8)
    const cubeOf = (pixels: Float32Array) =>
      cubes(tf.tensor(pixels, [1, 3, 4, 8, 8]), clip).reshape([tokenCount(clip), 3, 32])
    expect(
      cubeOf(hidden(video, clip, masked))
        .abs()
        .sum([1, 2])
        .dataSync()[1],
    ).toBe(0)
    const before = cubeOf(video).mean(-1).dataSync()
    const after = cubeOf(meanColours(video, clip, masked))
    expect(Math.max(...differences(after.mean(-1).dataSync<'float32'>(), before))).toBeLessThan(1e-6)
    expect(after.max(-1).sub(after.min(-1)).max(-1).dataSync()[1]).toBe(0)
  })
})

describe('targets', () => {
  it('of one colour stay finite', () => {
    const flat = tf.ones([1, 1, 3 * 32])
    expect([...videoPixelTargets(flat, true).dataSync()].every((value) => Math.abs(value) < 0.2)).toBe(true)
    expect([...imagePixelTargets(flat, true).dataSync()].every((value) => value === 0)).toBe(true)
  })
})

const differences = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  Array.from(a, (value, index) => Math.abs(value - b[index]!))
