import { expect, test } from 'vitest'
import { chooseTuning, type GridResult } from '#contract/experiment/selection.ts'

const point = (learningRate: number, layerDecay: number, top1: number | null, loss: number | null = 1) => ({
  learningRate,
  layerDecay,
  runId: `${learningRate}`,
  status: (top1 === null ? 'waiting' : 'finished') as GridResult['status'],
  top1,
  loss,
})

test('the highest validation top-1 is chosen', () => {
  expect(chooseTuning([point(0.01, 1, 0.4), point(0.02, 1, 0.6), point(0.04, 1, 0.5)])).toEqual({
    learningRate: 0.02,
    layerDecay: 1,
  })
})

test('at equal top-1 the lower loss is chosen, then the lower rate, then the lower decay', () => {
  expect(chooseTuning([point(0.01, 1, 0.5, 2), point(0.02, 1, 0.5, 1)])?.learningRate).toBe(0.02)
  expect(chooseTuning([point(0.02, 1, 0.5), point(0.01, 1, 0.5)])?.learningRate).toBe(0.01)
  expect(chooseTuning([point(0.01, 1, 0.5), point(0.01, 0.75, 0.5)])?.layerDecay).toBe(0.75)
})

test('nothing is chosen while a run is to come or failed; diverged runs are left out', () => {
  expect(chooseTuning([point(0.01, 1, 0.4), point(0.02, 1, null)])).toBeUndefined()
  expect(chooseTuning([point(0.01, 1, 0.4), { ...point(0.02, 1, null), status: 'failed' }])).toBeUndefined()
  const diverged = { ...point(0.02, 1, null, null), status: 'diverged' as const }
  expect(chooseTuning([point(0.01, 1, 0.1), diverged])?.learningRate).toBe(0.01)
  expect(chooseTuning([diverged])).toBeUndefined()
})
