import { describe, expect, test } from 'vitest'
import { filterSamples, moveInGrid } from '#renderer/features/datasets/clip-filter.ts'
import { datasetFacts, groupLabelSets } from '#renderer/features/datasets/facts.ts'
import { falls, shapes } from '../../support/fake-data.ts'

describe('clip filter', () => {
  const all = { labelSet: 'motion', label: 'all', split: 'all' } as const

  test('keeps everything by default', () => expect(filterSamples(shapes.samples, all)).toEqual(shapes.samples))

  test('agrees with the class balance for every class and split', () => {
    const motion = shapes.labelSets.find(({ name }) => name === 'motion')!
    for (const row of shapes.balance.filter(({ labelSet }) => labelSet === 'motion')) {
      const label = row.label === null ? ('none' as const) : motion.classes.indexOf(row.label)
      for (const split of ['train', 'validation', 'test'] as const)
        expect(filterSamples(shapes.samples, { ...all, label, split })).toHaveLength(row[split])
    }
  })

  test('treats samples without the label set as unlabelled', () => {
    expect(filterSamples(falls.samples, { ...all, label: 0 })).toEqual([])
    expect(filterSamples(falls.samples, { ...all, label: 'none' })).toHaveLength(falls.samples.length)
  })
})

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
  const mixed = {
    ...falls,
    samples: [
      { ...first!, video: { ...first!.video, frameCount: 30, framesPerSecond: 29.97, codec: 'hevc' } },
      second!,
    ],
  }
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
