import { describe, expect, test } from 'vitest'
import { samplesOf, spanOf } from '#contract/domain/dataset.ts'
import { type EarlierManifest, fromEarlier, manifestFile } from '#contract/domain/manifest-file.ts'
import { digestOf } from '#main/datasets/manifest.ts'
import { type LabelledVideo, manifestOf } from '../../support/manifest.ts'

const facts = {
  width: 64,
  height: 48,
  framesPerSecond: 25,
  durationMs: 1280,
  codec: 'h264',
  sizeBytes: 1000,
  digest: 'd1',
}

const read = (content: unknown) => fromEarlier(manifestFile.parse(content) as EarlierManifest)

describe('a manifest of version 1', () => {
  const labelSets = [{ name: 'kind', classes: ['fall', 'walk'] }]
  /** As the studio wrote it, with its digest. */
  const stored = {
    version: 1,
    name: 'falls',
    root: '/videos',
    createdAt: '2026-11-20T10:00:00.000Z',
    digest: 'b4d62959d5a1f3ec0fbfbc5d0d37c4eb7ea4625845d3312c422f528e9d0860b5',
    labelSets,
    videos: [
      { ...facts, frames: 32, id: 'a1', path: 'fall/1.mp4', split: 'train', labels: { kind: 0 } },
      { ...facts, frames: 40, digest: 'd2', id: 'b2', path: 'walk/1.mp4', split: 'test', labels: { kind: 1 } },
      { ...facts, frames: 8, digest: 'd3', id: 'c3', path: 'other.mp4', split: 'validation', labels: { kind: null } },
    ],
    broken: [{ path: 'empty.mp4', reason: 'The file is empty.' }],
  }
  const manifest = read(stored)

  test('opens with one sample per video', () => {
    expect(manifest.videos[1]).toEqual({ ...facts, frameCount: 40, digest: 'd2', id: 'b2', path: 'walk/1.mp4' })
    expect(samplesOf(manifest).map(({ id, video, split, labels }) => [id, video.path, split, labels['kind']])).toEqual([
      ['a1', 'fall/1.mp4', 'train', 0],
      ['b2', 'walk/1.mp4', 'test', 1],
      ['c3', 'other.mp4', 'validation', null],
    ])
    expect(samplesOf(manifest).map(spanOf)).toEqual([32, 40, 8].map((frameCount) => ({ firstFrame: 0, frameCount })))
  })

  test('keeps its digest, which the same files imported now have too', () => {
    expect(manifest.digest).toBe(stored.digest)
    expect(digestOf(manifest)).toBe(stored.digest)
  })

  test('is the same as version 2 stored it', () => {
    expect(read(JSON.parse(JSON.stringify({ version: 2, ...manifest })))).toEqual(manifest)
  })

  test('names the damaged field', () => {
    const result = manifestFile.safeParse({ ...stored, videos: [{ ...stored.videos[0], split: 'none' }] })
    expect(result.error?.issues[0]?.path).toEqual(['videos', 0, 'split'])
  })
})

const labelled = (id: string, split: LabelledVideo['split'], kind: number | null): LabelledVideo => ({
  ...facts,
  frameCount: 32,
  id,
  path: `${id}.mp4`,
  split,
  labels: { kind },
})

describe('samplesOf', () => {
  const manifest = manifestOf([labelled('a', 'train', 0), labelled('b', 'train', null), labelled('c', 'test', 1)])
  const ids = (filter: Parameters<typeof samplesOf>[1]) => samplesOf(manifest, filter).map(({ id }) => id)

  test.each([
    [{}, ['a', 'b', 'c']],
    [{ split: 'train' }, ['a', 'b']],
    [{ labelSet: 'kind' }, ['a', 'c']],
    [{ split: 'train', labelSet: 'kind' }, ['a']],
    [{ labelSet: 'other' }, []],
  ] as const)('filters by %j', (filter, expected) => expect(ids(filter)).toEqual(expected))

  test('gives a sample outside the split set no split', () => {
    const partial = { ...manifest, splitSets: [{ name: 'default', splits: { a: 'test' as const } }] }
    expect(samplesOf(partial).map(({ split }) => split)).toEqual(['test', null, null])
  })

  test('gives several samples of one video', () => {
    const [a] = manifest.samples
    const spans = [0, 16].map((firstFrame) => ({ ...a!, id: `a-${firstFrame}`, span: { firstFrame, frameCount: 16 } }))
    expect(samplesOf({ ...manifest, samples: spans }).map((sample) => [sample.video.id, spanOf(sample)])).toEqual([
      ['a', { firstFrame: 0, frameCount: 16 }],
      ['a', { firstFrame: 16, frameCount: 16 }],
    ])
  })
})

test('the digest of a dataset changes with a span', () => {
  const whole: LabelledVideo = { ...facts, frameCount: 32, id: 'a', path: 'a.mp4', split: 'train', labels: {} }
  const part = { ...whole, span: { firstFrame: 4, frameCount: 8 } }
  expect(digestOf(manifestOf([part]))).not.toBe(digestOf(manifestOf([whole])))
})
