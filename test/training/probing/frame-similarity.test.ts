import { expect, test } from 'vitest'
import { FrameSimilarity } from '#training/probing/frame-similarity.ts'

test('is the cosine of each two moments, averaged over clips', () => {
  const similarity = new FrameSimilarity(2)
  expect(similarity.mean()).toEqual([])
  similarity.add(Float64Array.of(1, 0, 0, 5))
  expect(similarity.mean()).toEqual([
    [1, 0],
    [0, 1],
  ])
  similarity.add(Float64Array.of(2, 0, 7, 0))
  expect(similarity.mean()).toEqual([
    [1, 0.5],
    [0.5, 1],
  ])
})
