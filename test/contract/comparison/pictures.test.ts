import { describe, expect, it } from 'vitest'
import {
  maskedShare,
  nearestPicture,
  type Pictured,
  pictureDifferences,
  picturedOf,
} from '#contract/comparison/pictures.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import { presetNamed } from '../../renderer/support/fake-data.ts'

const item = (change: Partial<MediaItem> = {}): MediaItem => ({
  step: 10,
  kind: 'reconstruction',
  video: 'a.mp4',
  frames: 2,
  imageSize: 8,
  grid: [1, 2, 2],
  mask: [1, 1, 1, 0],
  strips: [],
  errorMaps: [],
  ...change,
})
const pictured = (change: Partial<Pictured> = {}): Pictured => ({
  item: item(),
  dataset: 'shapes',
  datasetDigest: 'abc',
  frameStride: 2,
  isNormalized: true,
  ...change,
})

describe('the nearest picture', () => {
  const items = [item({ step: 0 }), item({ step: 480 }), item({ step: 520 }), item({ step: 900, video: 'b.mp4' })]
  it.each([
    { step: 480, video: 'a.mp4', expected: 480 },
    { step: 499, video: 'a.mp4', expected: 480 },
    { step: 500, video: 'a.mp4', expected: 480 },
    { step: 501, video: 'a.mp4', expected: 520 },
    { step: 2000, video: 'a.mp4', expected: 520 },
    { step: 0, video: 'b.mp4', expected: 900 },
    { step: 2000, video: 'none.mp4', expected: 900 },
  ])('to step $step of $video was made at $expected', ({ step, video, expected }) =>
    expect(nearestPicture(items, step, video)?.step).toBe(expected),
  )
  it('of no pictures is none', () => expect(nearestPicture([], 5, undefined)).toBeUndefined())
})

const aspectsOf = (change: Partial<Pictured>) =>
  pictureDifferences(pictured(), pictured(change)).map(({ aspect, own, reference }) => [aspect, own, reference])

describe('differences of pictures', () => {
  it('are none for another step of the same clip and mask', () =>
    expect(aspectsOf({ item: item({ step: 99 }) })).toEqual([]))
  it.each([
    { change: { dataset: 'falls', datasetDigest: 'x' }, expected: [['dataset', 'falls', 'shapes']] },
    { change: { datasetDigest: 'x' }, expected: [['version', 'x', 'abc']] },
    { change: { item: item({ video: 'b.mp4' }) }, expected: [['video', 'b.mp4', 'a.mp4']] },
    { change: { item: item({ kind: 'error-map' as const }) }, expected: [['kind', 'error-map', 'reconstruction']] },
    { change: { frameStride: 4 }, expected: [['stride', '4', '2']] },
    { change: { item: item({ frames: 1 }), frameStride: 4 }, expected: [['frames', '1', '2']] },
    { change: { item: item({ imageSize: 16 }) }, expected: [['size', '16', '8']] },
    { change: { item: item({ mask: [1, 1, 0, 0] }) }, expected: [['maskRatio', '50.0 %', '75.0 %']] },
    { change: { item: item({ mask: [0, 1, 1, 1] }) }, expected: [['mask', '0111', '1110']] },
    {
      change: { item: item({ grid: [2, 2, 2], mask: [1, 1, 1, 1, 1, 1, 0, 0] }) },
      expected: [['tokens', '2 × 2 × 2', '1 × 2 × 2']],
    },
    { change: { isNormalized: false }, expected: [['targets', 'false', 'true']] },
    { change: { isNormalized: null }, expected: [] },
  ])('$expected', ({ change, expected }) => expect(aspectsOf(change)).toEqual(expected))
})

it('the configuration says how frames are sampled and whether targets are normalised', () => {
  const { configuration } = presetNamed('demo')
  const pipeline = { datasetDigest: 'abc', configuration }
  expect(picturedOf(item(), { run: { dataset: 'shapes', stage: 'image-teacher' }, pipeline })).toMatchObject({
    dataset: 'shapes',
    datasetDigest: 'abc',
    frameStride: configuration.clip.frameStride,
    isNormalized: configuration['image-teacher'].normalizeTarget,
  })
  expect(picturedOf(item(), { run: { dataset: 'shapes', stage: 'distill' }, pipeline }).isNormalized).toBeNull()
})

it('the masked share counts tokens', () => expect(maskedShare(item())).toBe(0.75))
