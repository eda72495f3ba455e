import { describe, expect, test } from 'vitest'
import { VideoRangesBuilder } from '#contract/domain/dataset-detail.ts'
import { datasetFacts, groupLabelSets } from '#renderer/features/datasets/facts.ts'
import { moveInGrid } from '#renderer/features/datasets/move-in-grid.ts'
import { falls } from '../../support/fake-data.ts'

describe('moving in a grid of 10 tiles in 4 columns', () => {
  test.each([
    ['ArrowRight', 0, 1],
    ['ArrowRight', 9, 9],
    ['ArrowLeft', 4, 3],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 1, 5],
    ['ArrowDown', 7, 7],
    ['ArrowUp', 5, 1],
    ['ArrowUp', 2, 2],
    ['Home', 6, 0],
    ['End', 6, 9],
    ['x', 6, 6],
  ])('%s from %d leads to %d', (key, from, to) => expect(moveInGrid(key, from, 4, 10)).toBe(to))
})

test('facts of a dataset show one value, two values or a range', () => {
  const [first, second] = falls.samples
  const ranges = new VideoRangesBuilder()
  ranges.add({ ...first!.video, frameCount: 30, framesPerSecond: 29.97, codec: 'hevc' })
  ranges.add(second!.video)
  const mixed = { ...falls, videos: ranges.ranges() }
  const facts = Object.fromEntries(datasetFacts(mixed).map(({ label, value }) => [label, value]))
  expect(facts).toMatchObject({
    'Frames per video': '30 – 148',
    'Frame size': '640 × 480',
    'Frame rate': '25 – 29.97',
    Codec: 'hevc, h264',
  })
})

const named = (name: string, count: number) => ({
  name,
  classes: Array.from({ length: count }, (_, index) => `class ${index}`),
})

test('label sets with the same number of classes are in one line', () => {
  expect(groupLabelSets([named('appearance', 8), named('group', 3), named('motion', 8), named('motion-4', 8)])).toEqual(
    [
      { classes: 8, names: 'appearance, motion, and motion-4' },
      { classes: 3, names: 'group' },
    ],
  )
  expect(groupLabelSets([])).toEqual([])
})
