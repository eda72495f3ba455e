import { expect, test } from 'vitest'
import { placesOf } from '#training/data/places.ts'

test.each([
  { shape: { batchSize: 4, accumulationSteps: 1, samplesPerVideo: 1 }, parts: [[0, 1, 2, 3]] },
  { shape: { batchSize: 4, accumulationSteps: 1, samplesPerVideo: 2 }, parts: [[0, 1, 2, 3]] },
  {
    shape: { batchSize: 2, accumulationSteps: 3, samplesPerVideo: 1 },
    parts: [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  },
  {
    shape: { batchSize: 2, accumulationSteps: 4, samplesPerVideo: 2 },
    parts: [
      [0, 2],
      [1, 3],
      [4, 6],
      [5, 7],
    ],
  },
  {
    shape: { batchSize: 3, accumulationSteps: 3, samplesPerVideo: 3 },
    parts: [
      [0, 3, 6],
      [1, 4, 7],
      [2, 5, 8],
    ],
  },
  {
    shape: { batchSize: 2, accumulationSteps: 3, samplesPerVideo: 2 },
    parts: [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  },
])('$shape: the batches of a step hold $parts', ({ shape, parts }) => {
  expect(parts.map((_, part) => [...placesOf(shape, part)])).toEqual(parts)
})

test.each([
  [8, 96, 2],
  [4, 192, 2],
  [16, 64, 1],
  [5, 6, 3],
])(
  'batches of %s, %s of them, %s samples a video: every place comes once',
  (batchSize, accumulationSteps, samplesPerVideo) => {
    const shape = { batchSize, accumulationSteps, samplesPerVideo }
    const places = Array.from({ length: accumulationSteps }, (_, part) => [...placesOf(shape, part)]).flat()
    expect(places.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: batchSize * accumulationSteps }, (_, place) => place),
    )
  },
)
