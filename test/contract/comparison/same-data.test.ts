import { expect, it } from 'vitest'
import { dataDifference, otherData } from '#contract/comparison/same-data.ts'

const run = (change: { stage?: 'finetune' | 'evaluate'; dataset?: string; labels?: string; digest?: string } = {}) => ({
  run: { stage: change.stage ?? 'finetune', dataset: change.dataset ?? 'shapes', labels: change.labels ?? null },
  pipeline: { datasetDigest: change.digest ?? 'a' },
})

it.each([
  { change: {}, expected: undefined },
  { change: { stage: 'evaluate' as const, dataset: 'falls' }, expected: 'stage' },
  { change: { dataset: 'falls', digest: 'b' }, expected: 'dataset' },
  { change: { digest: 'b', labels: 'motion' }, expected: 'version' },
  { change: { labels: 'motion' }, expected: 'labels' },
])('$change: $expected', ({ change, expected }) => expect(dataDifference(run(), run(change))).toBe(expected))

it('runs are grouped by what differs from the baseline', () => {
  const [baseline, equal, other, another] = [run(), run(), run({ digest: 'b' }), run({ digest: 'c' })]
  expect(otherData([baseline, equal, other, another])).toEqual([{ reason: 'version', runs: [other, another] }])
  expect(otherData([])).toEqual([])
})
