import { describe, expect, test } from 'vitest'
import { draws } from '#training/data/random.ts'
import {
  epochOrder,
  finetuningFrames,
  pretrainingFrames,
  segmentFrames,
  segmentViewFrames,
  stepsPerEpoch,
  viewFrames,
} from '#training/data/sampling.ts'

const timing = { frames: 4, frameStride: 3 }
const over = (frameCount: number, sample: typeof pretrainingFrames, clip = timing) =>
  Array.from({ length: 300 }, (_, key) => sample(draws(1, 'clip', key), frameCount, clip))

describe('pretrainingFrames', () => {
  test('samples every stride-th frame, from the first to the last possible start', () => {
    const clips = over(20, pretrainingFrames)
    for (const clip of clips) expect(clip).toEqual([0, 3, 6, 9].map((offset) => offset + clip[0]!))
    expect(Math.min(...clips.map((clip) => clip[0]!))).toBe(0)
    expect(Math.max(...clips.map((clip) => clip[0]!))).toBe(8)
  })

  test.each([
    [12, [0, 3, 6, 9]],
    [11, [0, 3, 6, 9]],
    [9, [0, 3, 6, 6]],
    [5, [0, 3, 3, 3]],
    [1, [0, 0, 0, 0]],
  ])('of %s frames takes %j', (frameCount, expected) => {
    expect(pretrainingFrames(draws(1, 'clip'), frameCount, timing)).toEqual(expected)
  })
})

describe('finetuningFrames', () => {
  test('spreads 16 frames over a window of 64, both ends included', () => {
    const [start = 0, ...rest] = finetuningFrames(draws(1, 'clip'), 300, { frames: 16, frameStride: 4 })
    expect(rest.map((index) => index - start)).toEqual([4, 8, 12, 17, 21, 25, 29, 34, 38, 42, 46, 51, 55, 59, 63])
  })

  test('the end of the window is uniform in window..frameCount-1', () => {
    const clips = over(20, finetuningFrames)
    for (const clip of clips) expect(clip).toEqual([0, 4, 8, 11].map((offset) => offset + clip[0]!))
    expect(Math.min(...clips.map((clip) => clip[0]!))).toBe(0)
    expect(Math.max(...clips.map((clip) => clip[3]!))).toBe(18)
  })

  test.each([
    [12, [0, 4, 8, 11]],
    [7, [0, 4, 6, 6]],
    [1, [0, 0, 0, 0]],
  ])('of %s frames takes %j', (frameCount, expected) => {
    expect(finetuningFrames(draws(1, 'clip'), frameCount, timing)).toEqual(expected)
  })

  test('samples one frame for a clip of one frame', () => {
    expect(finetuningFrames(draws(1, 'clip'), 1, { frames: 1, frameStride: 4 })).toEqual([0])
  })
})

describe('viewFrames', () => {
  test.each([
    { frameCount: 30, view: 0, views: 1, expected: [9, 12, 15, 18] },
    { frameCount: 30, view: 0, views: 3, expected: [0, 3, 6, 9] },
    { frameCount: 30, view: 1, views: 3, expected: [9, 12, 15, 18] },
    { frameCount: 30, view: 2, views: 3, expected: [18, 21, 24, 27] },
    { frameCount: 10, view: 0, views: 1, expected: [0, 3, 6, 9] },
    { frameCount: 8, view: 1, views: 2, expected: [0, 3, 6, 6] },
    { frameCount: 1, view: 0, views: 1, expected: [0, 0, 0, 0] },
  ])('view $view of $views over $frameCount frames takes $expected', ({ frameCount, view, views, expected }) => {
    expect(viewFrames(frameCount, timing, view, views)).toEqual(expected)
  })
})

describe('segments', () => {
  test('give one frame each, uniform between their ends', () => {
    // 40 frames in 4 segments of 9.75: 0..10, 10..20 (19.5 rounds to the even 20), 20..29, 29..39.
    const clips = Array.from({ length: 600 }, (_, key) => segmentFrames(draws(1, 'clip', key), 40, 4))
    const seen = [0, 1, 2, 3].map((place) => clips.map((clip) => clip[place]!))
    expect(seen.map((frames) => [Math.min(...frames), Math.max(...frames)])).toEqual([
      [0, 10],
      [10, 20],
      [20, 29],
      [29, 39],
    ])
    expect(new Set(seen[0]).size).toBe(11)
  })

  test.each([
    { frameCount: 40, frames: 4, view: 0, views: 1, expected: [5, 15, 24, 34] },
    { frameCount: 40, frames: 4, view: 0, views: 2, expected: [2, 12, 22, 31] },
    { frameCount: 40, frames: 4, view: 1, views: 2, expected: [7, 17, 26, 36] },
    { frameCount: 3, frames: 4, view: 0, views: 1, expected: [0, 0, 1, 2] },
    { frameCount: 1, frames: 4, view: 1, views: 2, expected: [0, 0, 0, 0] },
  ])(
    'view $view of $views over $frameCount frames takes the middles $expected',
    ({ frameCount, frames, view, views, expected }) => {
      expect(segmentViewFrames(frameCount, frames, view, views)).toEqual(expected)
    },
  )

  test('two test views of 16 frames are together the middles of 32 segments', () => {
    const both = [0, 1].flatMap((view) => segmentViewFrames(321, 16, view, 2))
    expect(both.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, index) => 10 * index + 5))
  })
})

describe('an epoch', () => {
  test.each([
    [10, 1, 4, 2],
    [10, 2, 4, 5],
    [3, 1, 4, 0],
  ])('of %s videos, %s samples each, in batches of %s has %s steps', (videos, samples, batch, steps) => {
    expect(stepsPerEpoch(videos, samples, batch)).toBe(steps)
  })

  test('visits every video once, in its own order', () => {
    expect([...epochOrder(1, 0, 50)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    expect([...epochOrder(1, 0, 50)]).toEqual([...epochOrder(1, 0, 50)])
    expect([...epochOrder(1, 1, 50)]).not.toEqual([...epochOrder(1, 0, 50)])
  })
})
