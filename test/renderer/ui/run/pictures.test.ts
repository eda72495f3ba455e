import { describe, expect, it } from 'vitest'
import type { MediaItem } from '#contract/domain/media.ts'
import { scaleColour, rangeOf } from '#renderer/ui/colour-scale.ts'
import { framesPerTubelet, tokenAfterKey, tokenAt } from '#renderer/ui/run/error-map.ts'
import { addPicture, pictureAt, stepsOf, videosOf } from '#renderer/ui/run/pictures.ts'

const lightness = (value: number) =>
  scaleColour(value, { min: 0, max: 10 }).reduce(
    (sum, channel, index) => sum + channel * [0.2126, 0.7152, 0.0722][index]!,
    0,
  )

describe('error maps', () => {
  it.each([
    { x: 0, y: 0, expected: { frame: 0, tubelet: 0, row: 0, column: 0, index: 0 } },
    { x: 0.3, y: 0.6, expected: { frame: 1, tubelet: 0, row: 1, column: 0, index: 3 } },
    { x: 0.99, y: 0.99, expected: { frame: 3, tubelet: 1, row: 1, column: 2, index: 11 } },
    { x: 1, y: 0, expected: undefined },
    { x: 0.5, y: -0.1, expected: undefined },
  ])('the token at $x, $y of four frames', ({ x, y, expected }) =>
    expect(tokenAt([2, 2, 3], 4, x, y)).toEqual(expected),
  )

  it.each([
    { from: undefined, key: 'ArrowDown', at: [0, 0, 0] },
    { from: [0.1, 0.1], key: 'ArrowDown', at: [0, 1, 1] },
    { from: [0.24, 0.1], key: 'ArrowRight', at: [1, 0, 0] },
    { from: [0.26, 0.1], key: 'ArrowLeft', at: [0, 0, 2] },
    { from: [0.99, 0.99], key: 'ArrowRight', at: [3, 1, 2] },
    { from: [0.1, 0.1], key: 'ArrowUp', at: [0, 0, 1] },
    { from: [0.1, 0.1], key: 'Enter', at: undefined },
  ])('$key leads from $from to frame, row and column $at', ({ from, key, at }) => {
    const next = tokenAfterKey([2, 2, 3], 4, from && tokenAt([2, 2, 3], 4, from[0]!, from[1]!), key)
    expect(next && [next.frame, next.row, next.column]).toEqual(at)
  })

  it.each([
    { grid: [8, 14, 14] as const, frames: 16, expected: 2 },
    { grid: [1, 14, 14] as const, frames: 1, expected: 1 },
  ])('$frames frames over $grid tokens', ({ grid, frames, expected }) =>
    expect(framesPerTubelet(grid, frames)).toBe(expected),
  )

  it.each([
    { maps: [[1, null, 3], [0.5]], expected: { min: 0.5, max: 3 } },
    { maps: [[null, Number.NaN, Infinity]], expected: null },
    { maps: [], expected: null },
  ])('range of $maps', ({ maps, expected }) => expect(rangeOf(maps)).toEqual(expected))

  it('rises in lightness from one end of the range to the other, and clamps', () => {
    const steps = [0, 2, 4, 6, 8, 10].map(lightness)
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(scaleColour(-5, { min: 0, max: 10 })).toEqual(scaleColour(0, { min: 0, max: 10 }))
    expect(scaleColour(50, { min: 0, max: 10 })).toEqual(scaleColour(10, { min: 0, max: 10 }))
    expect(scaleColour(3, { min: 3, max: 3 })).toEqual(scaleColour(0, { min: 0, max: 1 }))
  })
})

const picture = (step: number, video = 'a.mp4'): MediaItem => ({
  step,
  kind: 'reconstruction',
  video,
  frames: 2,
  imageSize: 8,
  grid: [1, 1, 1],
  mask: [1],
  strips: [],
  errorMaps: [],
})

describe('pictures', () => {
  const items = [picture(20), picture(10, 'b.mp4'), picture(10)].reduce(addPicture, [] as MediaItem[])
  it('are sorted by step', () =>
    expect(items.map(({ step, video }) => `${step} ${video}`)).toEqual(['10 a.mp4', '10 b.mp4', '20 a.mp4']))
  it('replace one of the same step and video', () =>
    expect(addPicture(items, { ...picture(10), frames: 9 }).map(({ frames }) => frames)).toEqual([9, 2, 2]))
  it('list their steps and videos', () =>
    expect([stepsOf(items), videosOf(items)]).toEqual([
      [10, 20],
      ['a.mp4', 'b.mp4'],
    ]))
  it.each([
    { step: 10, video: 'a.mp4', expected: '10 a.mp4' },
    { step: 19, video: 'a.mp4', expected: '10 a.mp4' },
    { step: 99, video: 'b.mp4', expected: '10 b.mp4' },
    { step: 5, video: 'a.mp4', expected: '10 a.mp4' },
    { step: 99, video: undefined, expected: '20 a.mp4' },
    { step: 99, video: 'c.mp4', expected: undefined },
  ])('at step $step of $video shows $expected', ({ step, video, expected }) => {
    const found = pictureAt(items, step, video)
    expect(found === undefined ? undefined : `${found.step} ${found.video}`).toBe(expected)
  })
})
