import { describe, expect, test } from 'vitest'
import { dropPathFactors } from '#training/data/drop-path.ts'
import { mixBatch, smoothTargets } from '#training/data/mixup.ts'
import { denormalize, normalize } from '#training/data/normalize.ts'
import { draws } from '#training/data/random.ts'

const targets = () => smoothTargets(Int32Array.from([0, 1, 2, 3]), 4, 0)

describe('normalize', () => {
  test('moves the channels to the front and applies the statistics of ImageNet', () => {
    const pixels = Uint8Array.from([0, 128, 255, 64, 32, 16])
    const out = new Float32Array(8)
    normalize(pixels, out, 1)
    const expected = [0, (0 - 0.485) / 0.229, (64 / 255 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, (32 / 255 - 0.456) / 0.224, (1 - 0.406) / 0.225, (16 / 255 - 0.406) / 0.225, 0]
    expected.forEach((value, index) => expect(out[index]).toBeCloseTo(value, 6))
  })

  test('is undone by denormalize', () => {
    const pixels = Uint8Array.from({ length: 3 * 256 }, (_, index) => (index * 7) % 256)
    const out = new Float32Array(pixels.length)
    normalize(pixels, out, 0)
    expect(denormalize(out)).toEqual(pixels)
  })
})

describe('smoothTargets', () => {
  test('spreads the smoothing over all classes', () => {
    expect([...smoothTargets(Int32Array.from([2, 0]), 4, 0.1)].map((value) => value.toFixed(3))).toEqual(
      ['0.025', '0.025', '0.925', '0.025', '0.925', '0.025', '0.025', '0.025'],
    )
  })
})

describe('mixBatch', () => {
  const shape = { batch: 4, frames: 2, size: 8 }
  const perClip = 3 * 2 * 8 * 8
  const clips = () => Float32Array.from({ length: 4 * perClip }, (_, index) => Math.floor(index / perClip))

  test('mixup blends pixels and targets with one weight', () => {
    const [video, soft] = [clips(), targets()]
    const kept = mixBatch(draws(1, 'mix'), video, shape, soft, { mixup: 0.8, cutmix: 0 })
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
      const kept = mixBatch(draws(1, 'mix', key), video, shape, soft, { mixup: 0, cutmix: 1 })
      const foreign = (clip: number) => [...video.subarray(clip * perClip, (clip + 1) * perClip)].map((value) => value !== clip)
      const box = foreign(0).slice(0, 64)
      for (const clip of [0, 1, 2, 3]) for (let plane = 0; plane < 6; plane++) expect(foreign(clip).slice(plane * 64, (plane + 1) * 64)).toEqual(box)
      expect(1 - box.filter(Boolean).length / 64).toBeCloseTo(kept, 10)
      expect(soft[0]).toBeCloseTo(kept, 6)
      if (kept < 1) cuts += 1
    }
    expect(cuts).toBeGreaterThan(35)
  })

  test('with both on, each takes about half of the batches', () => {
    const isBlend = Array.from({ length: 400 }, (_, key) => {
      const video = clips()
      mixBatch(draws(1, 'mix', key), video, shape, targets(), { mixup: 0.8, cutmix: 1 })
      return video.some((value) => !Number.isInteger(value))
    })
    expect(Math.abs(isBlend.filter(Boolean).length - 200)).toBeLessThan(40)
  })

  test('with both off, nothing changes', () => {
    const [video, soft] = [clips(), targets()]
    expect(mixBatch(draws(1, 'mix'), video, shape, soft, { mixup: 0, cutmix: 0 })).toBe(1)
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
})
