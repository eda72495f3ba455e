import { expect, test } from 'vitest'
import { type DatasetManifest, samplesOf, type SplitSetName, withSplitSet } from '#contract/domain/dataset.ts'
import { digestOf } from '#main/datasets/manifest.ts'

const video = { frameCount: 9, width: 8, height: 8, framesPerSecond: 25, durationMs: 360, codec: 'h264', sizeBytes: 1 }
const manifest: DatasetManifest = {
  name: 'ucf',
  root: '/videos',
  createdAt: '2026-01-01T00:00:00Z',
  digest: '',
  labelSets: [{ name: 'class', classes: ['a'] }],
  broken: [],
  videos: ['1', '2'].map((id) => ({ ...video, id, path: `${id}.mp4`, digest: id })),
  samples: ['1', '2'].map((id) => ({ id, video: id, labels: { class: 0 } })),
  splitSets: [
    { name: 'default', splits: { 1: 'train', 2: 'test' } },
    { name: 'split-1', splits: { 1: 'train', 2: 'test' } },
    { name: 'split-2', splits: { 1: 'test' } },
  ],
}

const seen = (name: SplitSetName) => samplesOf(withSplitSet(manifest, name)).map(({ id, split }) => `${id} ${split}`)

test('a pipeline sees the samples of the split set that it uses', () => {
  expect(seen('default')).toEqual(['1 train', '2 test'])
  expect(seen('split-2')).toEqual(['1 test', '2 null'])
  expect(() => seen('split-3')).toThrow('general.splitSet: the dataset ucf has no split set called split-3.')
})

test('the digest of a dataset covers its official splits', () => {
  const [first, second, third] = manifest.splitSets
  const changed = { ...manifest, splitSets: [first!, second!, { ...third!, splits: { 1: 'train' as const } }] }
  expect(digestOf(changed)).not.toBe(digestOf(manifest))
})
