import { describe, expect, test } from 'vitest'
import { dropoutFactors, dropPathFactors } from '#training/data/drop-path.ts'
import { mixBatch, smoothTargets } from '#training/data/mixup.ts'
import { denormalize, normalize } from '#training/data/normalize.ts'
import { draws } from '#training/data/random.ts'

const targets = () => smoothTargets(Int32Array.from([0, 1, 2, 3]), 4, 0)

describe('normalize', () => {
  test('moves the channels to the front and applies the statistics of ImageNet', () => {
    const pixels = Uint8Array.from([0, 128, 255, 64, 32, 16])
    const out = new Float32Array(8)
    normalize(pixels, out, 1)
    const expected = [
      0,
      (0 - 0.485) / 0.229,
      (64 / 255 - 0.485) / 0.229,
      (128 / 255 - 0.456) / 0.224,
      (32 / 255 - 0.456) / 0.224,
      (1 - 0.406) / 0.225,
      (16 / 255 - 0.406) / 0.225,
      0,
    ]
    expected.forEach((value, index) => expect(out[index]).toBeCloseTo(value, 6))
  })

  test('is inverted by denormalize', () => {
    const pixels = Uint8Array.from({ length: 3 * 256 }, (_, index) => (index * 7) % 256)
    const out = new Float32Array(pixels.length)
    normalize(pixels, out, 0)
    expect(denormalize(out)).toEqual(pixels)
  })
})

describe('smoothTargets', () => {
  test('spreads the smoothing over all classes', () => {
    expect([...smoothTargets(Int32Array.from([2, 0]), 4, 0.1)].map((value) => value.toFixed(3))).toEqual([
      '0.025',
      '0.025',
      '0.925',
      '0.025',
      '0.925',
      '0.025',
      '0.025',
      '0.025',
    ])
  })
})

describe('mixBatch', () => {
  const shape = { batch: 4, frames: 2, size: 8 }
  const perClip = 3 * 2 * 8 * 8
  const clips = () => Float32Array.from({ length: 4 * perClip }, (_, index) => Math.floor(index / perClip))
  const settings = { mixup: 0.8, cutmix: 1, mixProbability: 1, cutmixShare: 0.5, publishedCutmix: false }
  const onlyMixup = { ...settings, cutmix: 0 }
  const onlyCutmix = { ...settings, mixup: 0 }

  test('mixup blends pixels and targets with one weight', () => {
    const [video, soft] = [clips(), targets()]
    const kept = mixBatch(draws(1, 'mix'), video, shape, soft, onlyMixup)
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(1)
    expect(video[0]).toBeCloseTo(3 * (1 - kept), 5)
    expect(video[perClip]).toBeCloseTo(kept + 2 * (1 - kept), 5)
    expect(video[3 * perClip]).toBeCloseTo(3 * kept, 5)
    expect(soft[0]).toBeCloseTo(kept, 6)
    expect(soft[3]).toBeCloseTo(1 - kept, 6)
  })

  test('CutMix exchanges one box of height x width through all frames and corrects the weight to it', () => {
    let cuts = 0
    for (let key = 0; key < 50; key++) {
      const [video, soft] = [clips(), targets()]
      const kept = mixBatch(draws(1, 'mix', key), video, shape, soft, onlyCutmix)
      const foreign = (clip: number) =>
        [...video.subarray(clip * perClip, (clip + 1) * perClip)].map((value) => value !== clip)
      const box = foreign(0).slice(0, 64)
      for (const clip of [0, 1, 2, 3])
        for (let plane = 0; plane < 6; plane++) expect(foreign(clip).slice(plane * 64, (plane + 1) * 64)).toEqual(box)
      expect(1 - box.filter(Boolean).length / 64).toBeCloseTo(kept, 10)
      expect(soft[0]).toBeCloseTo(kept, 6)
      if (kept < 1) cuts += 1
    }
    expect(cuts).toBeGreaterThan(35)
  })

  test('published CutMix does not change most clips and gives targets that do not match the pixels', () => {
    // The proportions of 16 frames of 224 px, for which 58 % of the cuts and a mean error of 0.276 were measured.
    const geometry = { batch: 2, frames: 4, size: 56 }
    const length = 3 * 4 * 56 * 56
    const of = (publishedCutmix: boolean) =>
      Array.from({ length: 400 }, (_, key) => {
        const video = new Float32Array(2 * length).fill(1, length)
        const kept = mixBatch(draws(1, 'mix', key), video, geometry, smoothTargets(Int32Array.from([0, 1]), 2, 0), {
          ...onlyCutmix,
          publishedCutmix,
        })
        const actual = video.subarray(0, length).filter((value) => value === 0).length / length
        return { isUntouched: actual === 1, error: Math.abs(kept - actual) }
      })
    const meanError = (cuts: ReturnType<typeof of>) => cuts.reduce((sum, { error }) => sum + error, 0) / cuts.length
    const published = of(true)
    expect(published.filter(({ isUntouched }) => isUntouched).length / 400).toBeCloseTo(0.58, 1)
    expect(meanError(published)).toBeCloseTo(0.276, 1)
    expect(meanError(of(false))).toBeLessThan(1e-7)
  })

  const kindsOf = (change: Partial<typeof settings>) => {
    const kinds = { mixup: 0, cutmix: 0, none: 0 }
    for (let key = 0; key < 400; key++) {
      const video = clips()
      const kept = mixBatch(draws(1, 'mix', key), video, shape, targets(), { ...settings, ...change })
      kinds[kept === 1 ? 'none' : video.some((value) => !Number.isInteger(value)) ? 'mixup' : 'cutmix'] += 1
    }
    return kinds
  }

  test('with both on, each blends its share of the batches', () => {
    expect(Math.abs(kindsOf({}).mixup - 200)).toBeLessThan(40)
    expect(Math.abs(kindsOf({ cutmixShare: 0.2 }).mixup - 320)).toBeLessThan(35)
  })

  test('blends only the configured share of the batches', () => {
    const { none } = kindsOf({ mixProbability: 0.25, cutmixShare: 0 })
    expect(Math.abs(none - 300)).toBeLessThan(35)
  })

  test.each([{ mixup: 0, cutmix: 0 }, { mixProbability: 0 }])('with %o nothing changes', (change) => {
    const [video, soft] = [clips(), targets()]
    expect(mixBatch(draws(1, 'mix'), video, shape, soft, { ...settings, ...change })).toBe(1)
    expect(video).toEqual(clips())
    expect(soft).toEqual(targets())
  })
})

describe('drop path', () => {
  test('drops each sample with the rate of the row and scales the rest', () => {
    const factors = dropPathFactors(draws(1, 'drop-path'), [0, 0.25], 4000)
    expect(new Set(factors.subarray(0, 4000))).toEqual(new Set([1]))
    expect(new Set(factors.subarray(4000))).toEqual(new Set([0, Math.fround(1 / 0.75)]))
    expect(Math.abs(factors.subarray(4000).filter((value) => value === 0).length - 1000)).toBeLessThan(120)
  })

  test('gives the samples of a micro-batch the same factors as in the whole step', () => {
    const whole = dropPathFactors(draws(1, 'drop-path'), [0.5, 0.5], 6)
    const part = dropPathFactors(draws(1, 'drop-path'), [0.5, 0.5], 6, Int32Array.from([1, 4]))
    expect([...part]).toEqual([whole[1], whole[4], whole[7], whole[10]])
  })
})

test('head dropout drops channels with its rate and scales the rest', () => {
  const factors = dropoutFactors(draws(1, 'head-dropout'), 0.5, 2000)
  expect(new Set(factors)).toEqual(new Set([0, 2]))
  expect(Math.abs(factors.filter((value) => value === 0).length - 1000)).toBeLessThan(90)
})
