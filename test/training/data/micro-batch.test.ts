import { expect, test } from 'vitest'
import { positionsInStep } from '#training/data/micro-batch.ts'

test.each([
  { shape: { batchSize: 4, accumulationSteps: 1, samplesPerVideo: 1 }, microBatches: [[0, 1, 2, 3]] },
  { shape: { batchSize: 4, accumulationSteps: 1, samplesPerVideo: 2 }, microBatches: [[0, 1, 2, 3]] },
  {
    shape: { batchSize: 2, accumulationSteps: 3, samplesPerVideo: 1 },
    microBatches: [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  },
  {
    shape: { batchSize: 2, accumulationSteps: 4, samplesPerVideo: 2 },
    microBatches: [
      [0, 2],
      [1, 3],
      [4, 6],
      [5, 7],
    ],
  },
  {
    shape: { batchSize: 3, accumulationSteps: 3, samplesPerVideo: 3 },
    microBatches: [
      [0, 3, 6],
      [1, 4, 7],
      [2, 5, 8],
    ],
  },
  {
    shape: { batchSize: 2, accumulationSteps: 3, samplesPerVideo: 2 },
    microBatches: [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  },
])('$shape: the micro-batches of a step hold $microBatches', ({ shape, microBatches }) => {
  expect(microBatches.map((_, index) => [...positionsInStep(shape, index)])).toEqual(microBatches)
})

test.each([
  [8, 96, 2],
  [4, 192, 2],
  [16, 64, 1],
  [5, 6, 3],
])(
  'batches of %s, %s of them, %s samples a video: every position occurs once',
  (batchSize, accumulationSteps, samplesPerVideo) => {
    const shape = { batchSize, accumulationSteps, samplesPerVideo }
    const positions = Array.from({ length: accumulationSteps }, (_, index) => [...positionsInStep(shape, index)]).flat()
    expect(positions.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: batchSize * accumulationSteps }, (_, position) => position),
    )
  },
)
