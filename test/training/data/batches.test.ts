import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { DatasetManifest, Split } from '#contract/domain/dataset.ts'
import { randomDataset, repeatableClips } from '#training/bench/random-videos.ts'
import { type ClipAugmentation, finetuningClips } from '#training/data/batches/finetuning.ts'
import { pretrainingClips, pretrainingImages } from '#training/data/batches/pretraining.ts'
import { evaluationViews } from '#training/data/batches/views.ts'
import type { DataSource } from '#training/data/source.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { createVideoPool, type PoolSettings, type VideoPool } from '#training/video/worker/pool.ts'
import { type LabelledVideo, manifestOf } from '../../support/manifest.ts'
import { readableVideo, readableVideos } from '../../support/videos/index.ts'

const clip = { frames: 4, frameStride: 6, imageSize: 32, patchSize: 8, tubeletSize: 2 }
let root = ''
let manifest: DatasetManifest
let pool: VideoPool

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'batches-'))
  mkdirSync(join(root, 'videos'))
  const decoder = await openNodeAv()
  const videos: LabelledVideo[] = []
  for (const [index, file] of readableVideos().entries()) {
    const path = `videos/${basename(file)}`
    copyFileSync(file, join(root, path))
    const inspected = await inspectFile(decoder, file)
    if (inspected.state !== 'readable') throw new Error(inspected.reason)
    const split: Split = index < 6 ? 'train' : 'test'
    videos.push({ ...inspected.facts, id: `v${index}`, path, split, labels: { kind: index === 1 ? null : index % 3 } })
  }
  manifest = manifestOf(videos, {
    name: 'codecs',
    root,
    labelSets: [{ name: 'kind', classes: ['a', 'b', 'c'] }],
  })
})
beforeAll(() => void (pool = createVideoPool({ workers: 1, frameCache: join(root, 'cache') })))
afterAll(async () => {
  await pool.dispose()
  rmSync(root, { recursive: true })
})

/** A source over the pool that these tests share. */
function sharedSource(change: Partial<DataSource> = {}): DataSource & { warnings: string[] } {
  const warnings: string[] = []
  return { manifest, reader: pool, seed: 5, warn: (message) => void warnings.push(message), warnings, ...change }
}

/** A source of its own: its pool has no process and no stored frame yet. */
function openSource(
  settings: Partial<PoolSettings> = {},
  change: Partial<DataSource> = {},
): DataSource & { warnings: string[] } {
  const pool = createVideoPool({ workers: 1, frameCache: mkdtempSync(join(root, 'cache-')), ...settings })
  onTestFinished(() => pool.dispose())
  return sharedSource({ reader: pool, ...change })
}

const digest = (array: Float32Array) => createHash('sha256').update(new Uint8Array(array.buffer)).digest('hex')
const settings = { batchSize: 2, accumulationSteps: 1, samplesPerVideo: 1 }
const plain = {
  sampling: 'dense',
  cropAreaMin: 0.5,
  flip: false,
  randAugment: 0,
  randAugmentMagnitude: 7,
  randAugmentDeviation: 0.5,
  randomErasing: 0,
} as const
const everything = {
  sampling: 'segments',
  cropAreaMin: 0.08,
  flip: true,
  randAugment: 4,
  randAugmentMagnitude: 7,
  randAugmentDeviation: 0.5,
  randomErasing: 0.5,
} as const

const labelled = (change: Partial<ClipAugmentation>, step: number) =>
  finetuningClips(sharedSource(), 'kind', clip, { ...settings, ...plain, ...change }).at(step)

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
const epochOf = (source: DataSource) =>
  Promise.all([0, 1, 2, 3, 4, 5].map((step) => pretrainingClips(source, clip, settings).at(step)))

/** A manifest in which the files of some videos are gone. */
const without = (ids: string[]): Partial<DataSource> => ({
  manifest: {
    ...manifest,
    videos: manifest.videos.map((video) =>
      ids.includes(video.id) ? { ...video, path: `gone/${video.id}.mp4`, digest: `gone-${video.id}` } : video,
    ),
  },
})

/** A batch of each kind at one step, as digests with labels and videos. */
async function everyKind(source: DataSource, step: number): Promise<unknown> {
  const clips = await pretrainingClips(source, clip, { ...settings, teacherImageSize: 28 }).at(step)
  const frames = await pretrainingImages(source, { ...settings, imageSize: 32, cropAreaMin: 0.2, flip: true }).at(step)
  const labelled = await finetuningClips(source, 'kind', clip, { ...settings, ...everything }).at(step)
  const views = await evaluationViews(source, 'kind', clip, {
    split: 'test',
    temporalViews: 2,
    spatialViews: 3,
    batchSize: 4,
    sampling: 'dense',
  }).at(step)
  return {
    clips: [digest(clips.video), digest(clips.imageVideo), clips.samples.map(({ id }) => id)],
    frames: [digest(frames.image), frames.samples.map(({ id }) => id)],
    labelled: [digest(labelled.video), [...labelled.labels], labelled.samples.map(({ id }) => id)],
    views: [digest(views.video), [...views.labels], views.samples.map(({ id }) => id)],
  }
}

test('a batch depends only on its step: not on workers, the cache, other batches or a restart', async () => {
  const frameCache = mkdtempSync(join(root, 'shared-'))
  const [alone, pair, cramped] = [openSource({ frameCache }), openSource({ workers: 2 }), openSource({ cacheBytes: 0 })]
  const expected = await everyKind(alone, 4)
  await everyKind(pair, 0)
  expect(await everyKind(pair, 4)).toEqual(expected)
  expect(await everyKind(cramped, 4)).toEqual(expected)
  expect(await everyKind(openSource({ frameCache }), 4)).toEqual(expected)
  expect(await everyKind(openSource({ frameCache }, { seed: 6 }), 4)).not.toEqual(expected)
})

describe('pretrainingClips', () => {
  test('visits every training video once an epoch, labelled or not, and drops the last partial batch', async () => {
    const batches = pretrainingClips(sharedSource(), clip, { batchSize: 4, accumulationSteps: 1, samplesPerVideo: 1 })
    expect(batches.stepsPerEpoch).toBe(1)
    const pairs = pretrainingClips(sharedSource(), clip, settings)
    const epoch = await Promise.all([3, 4, 5].map((step) => pairs.at(step)))
    expect(epoch.flatMap(({ samples }) => samples.map(({ id }) => id)).toSorted()).toEqual([
      'v0',
      'v1',
      'v2',
      'v3',
      'v4',
      'v5',
    ])
  })

  test('several clips of a video follow each other', async () => {
    const batches = pretrainingClips(sharedSource(), clip, { batchSize: 3, accumulationSteps: 1, samplesPerVideo: 3 })
    expect(batches.stepsPerEpoch).toBe(6)
    const { video, samples } = await batches.at(0)
    expect(new Set(samples.map(({ id }) => id)).size).toBe(1)
    const third = video.length / 3
    expect(new Set([0, 1, 2].map((index) => digest(video.slice(index * third, (index + 1) * third)))).size).toBe(3)
  })

  test('returns normalised pixels, and the same crop at the size of the image teacher', async () => {
    const source = sharedSource()
    const { video, imageVideo } = await pretrainingClips(source, clip, { ...settings, teacherImageSize: 16 }).at(0)
    expect(video.length).toBe(2 * 3 * 4 * 32 * 32)
    expect(imageVideo.length).toBe(2 * 3 * 4 * 16 * 16)
    expect(mean(video.subarray(0, 1024))).toBeCloseTo(mean(imageVideo.subarray(0, 256)), 1)
    expect(video.every((value) => value > -2.2 && value < 2.7)).toBe(true)
    const same = await pretrainingClips(source, clip, settings).at(0)
    expect(same.imageVideo).toBe(same.video)
    expect(digest(same.video)).toBe(digest(video))
  })

  test('refuses a step larger than an epoch', () => {
    expect(() =>
      pretrainingClips(sharedSource(), clip, { batchSize: 4, accumulationSteps: 4, samplesPerVideo: 2 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[StudioError: An optimizer step of 4 batches of 4 samples is larger than an epoch: 6 videos with 2 samples each.]`,
    )
    expect(() =>
      pretrainingClips(sharedSource(), clip, { batchSize: 13, accumulationSteps: 1, samplesPerVideo: 2 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[StudioError: The batch of 13 samples is larger than an epoch: 6 videos with 2 samples each.]`,
    )
  })
})

test('finetuningClips uses only samples with a class', async () => {
  const batches = finetuningClips(sharedSource(), 'kind', clip, { ...settings, ...plain, batchSize: 5 })
  const { labels, samples } = await batches.at(0)
  expect(samples.map(({ id }) => id).toSorted()).toEqual(['v0', 'v2', 'v3', 'v4', 'v5'])
  expect([...labels]).toEqual(samples.map(({ labels }) => labels['kind']))
})

describe('a step in several micro-batches', () => {
  const perClip = 3 * 4 * 32 * 32
  /** Digest, label and video of each sample of a batch. */
  const clipsOf = ({ video, labels, samples }: Awaited<ReturnType<ReturnType<typeof finetuningClips>['at']>>) =>
    samples.map(({ id }, at) => `${id} ${labels[at]} ${digest(video.slice(at * perClip, (at + 1) * perClip))}`)

  test.each([
    { samplesPerVideo: 1, accumulationSteps: 2 },
    { samplesPerVideo: 2, accumulationSteps: 2 },
    { samplesPerVideo: 4, accumulationSteps: 2 },
  ])('holds the samples of one batch as large as all: %o', async (change) => {
    const whole = finetuningClips(sharedSource(), 'kind', clip, {
      ...settings,
      ...everything,
      batchSize: 4,
      samplesPerVideo: change.samplesPerVideo,
    })
    const cut = finetuningClips(sharedSource(), 'kind', clip, { ...settings, ...everything, ...change })
    expect(cut.stepsPerEpoch).toBe(whole.stepsPerEpoch)
    const parts = await Promise.all([0, 1].map((part) => cut.at(1, part)))
    expect(parts.flatMap(clipsOf).toSorted()).toEqual(clipsOf(await whole.at(1)).toSorted())
  })

  test('puts the samples of a video into different micro-batches, so that mixup blends videos', async () => {
    const cut = finetuningClips(sharedSource(), 'kind', clip, {
      ...settings,
      ...plain,
      accumulationSteps: 2,
      samplesPerVideo: 2,
    })
    const [first, second] = await Promise.all([0, 1].map((part) => cut.at(0, part)))
    expect(new Set(first!.samples.map(({ id }) => id)).size).toBe(2)
    expect(second!.samples.map(({ id }) => id)).toEqual(first!.samples.map(({ id }) => id))
    expect(clipsOf(second!)).not.toEqual(clipsOf(first!))
  })
})

test('random erasing fills one box of a clip with noise, the same box in all frames', async () => {
  const [kept, erased] = [await labelled({ randomErasing: 0 }, 0), await labelled({ randomErasing: 1 }, 0)]
  const planes = Array.from({ length: 2 * 3 * 4 }, (_, plane) =>
    Array.from({ length: 1024 }, (_, at) => kept.video[plane * 1024 + at] !== erased.video[plane * 1024 + at]),
  )
  for (const sample of [0, 1]) {
    const [box, ...others] = planes.slice(sample * 12, (sample + 1) * 12)
    for (const other of others) expect(other).toEqual(box)
    const count = box!.filter(Boolean).length
    expect(count).toBeGreaterThan(10)
    expect(count).toBeLessThan(400)
  }
})

test('RandAugment changes whole frames and does not change the crop', async () => {
  const [kept, changed] = [await labelled({ randAugment: 0 }, 2), await labelled({ randAugment: 8 }, 2)]
  expect(changed.samples).toEqual(kept.samples)
  expect(digest(changed.video)).not.toBe(digest(kept.video))
})

describe('evaluationViews', () => {
  const viewSettings = { split: 'test', temporalViews: 2, spatialViews: 2, batchSize: 8, sampling: 'dense' } as const

  test('contains every view once, ordered by video, and pads the last batch', async () => {
    const views = evaluationViews(sharedSource(), 'kind', clip, viewSettings)
    expect([views.steps, views.samples.length]).toEqual([2, 3])
    const batches = [await views.at(0), await views.at(1)]
    expect(batches.map(({ samples }) => samples.map(({ id }) => id).join(' '))).toEqual([
      'v6 v6 v6 v6 v7 v7 v7 v7',
      'v8 v8 v8 v8',
    ])
    expect(batches.map(({ labels }) => [...labels])).toEqual([
      [0, 0, 0, 0, 1, 1, 1, 1],
      [2, 2, 2, 2, 0, 0, 0, 0],
    ])
    expect(batches[1]!.views).toEqual([
      'clip 1 of 2, crop 1 of 2',
      'clip 1 of 2, crop 2 of 2',
      'clip 2 of 2, crop 1 of 2',
      'clip 2 of 2, crop 2 of 2',
    ])
    const [, last] = batches
    expect(last!.video.length).toBe(8 * 3 * 4 * 32 * 32)
    expect(last!.video.subarray(last!.video.length / 2).every((value) => value === 0)).toBe(true)
  })

  test('refuses a split without classes', () => {
    expect(() =>
      evaluationViews(sharedSource(), 'kind', clip, { ...viewSettings, split: 'validation' }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[StudioError: The dataset codecs has no validation video with a class in the label set kind.]`,
    )
  })
})

describe('a video that cannot be read', () => {
  test('is replaced, every time by the same video', async () => {
    const [first, second] = [sharedSource(without(['v0'])), openSource({ workers: 2 }, without(['v0']))]
    const [left, right] = [await epochOf(first), await epochOf(second)]
    expect(left.map(({ video }) => digest(video))).toEqual(right.map(({ video }) => digest(video)))
    expect(left.flatMap(({ samples }) => samples.map(({ id }) => id))).toHaveLength(12)
    expect(left.flatMap(({ samples }) => samples.map(({ id }) => id))).not.toContain('v0')
  })

  test('is reported once', async () => {
    const source = sharedSource(without(['v0']))
    const batches = pretrainingClips(source, clip, settings)
    for (const step of [0, 1, 2, 3, 4, 5]) await batches.at(step)
    expect(source.warnings.map((warning) => warning.replace(root, 'ROOT'))).toEqual([
      'ROOT/gone/v0.mp4: The file does not exist. Another video replaces it.',
    ])
  })

  test('fails the batch if more than half of its videos cannot be read', async () => {
    const source = sharedSource(without(['v0', 'v1', 'v2', 'v3', 'v4']))
    const error = await pretrainingClips(source, clip, { batchSize: 6, accumulationSteps: 1, samplesPerVideo: 1 })
      .at(0)
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: 'video-unreadable' })
    expect(error.message).toMatch(
      /^5 of the 6 videos of a batch cannot be read, for example .*gone\/v\d\.mp4: The file does not exist\.$/,
    )
  })

  test('is skipped in a test, which fails if more than half of the videos cannot be read', async () => {
    const settings = { split: 'test', temporalViews: 2, spatialViews: 1, batchSize: 6, sampling: 'dense' } as const
    const source = sharedSource(without(['v7']))
    const { samples, labels } = await evaluationViews(source, 'kind', clip, settings).at(0)
    expect(samples.map(({ id }) => id)).toEqual(['v6', 'v6', 'v8', 'v8'])
    expect([...labels]).toEqual([0, 0, 2, 2, 0, 0])
    expect(source.warnings).toHaveLength(1)
    await expect(
      evaluationViews(sharedSource(without(['v6', 'v7'])), 'kind', clip, settings).at(0),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StudioError: 2 of the 3 videos to test cannot be read. The log names them.]`,
    )
  })

  test('is replaced if it was truncated after the import, because it is not the file of the dataset any more', async () => {
    const video = manifest.videos[5]!
    truncateSync(join(root, video.path), 9000)
    onTestFinished(() => copyFileSync(readableVideo(basename(video.path)), join(root, video.path)))
    const source = openSource()
    const whole = { ...settings, batchSize: 6 }
    const changed = await pretrainingClips(source, clip, whole).at(0)
    expect(source.warnings.map((warning) => warning.replace(root, 'ROOT'))).toEqual([
      `ROOT/${video.path}: Its content has changed since the import. Another video replaces it.`,
    ])
    const vanished = await pretrainingClips(sharedSource(without(['v5'])), clip, whole).at(0)
    expect(changed.samples).toEqual(vanished.samples)
    expect(digest(changed.video)).toBe(digest(vanished.video))
  })
})

test('random erasing in the decoder process gives the bits that it gave on the training thread', async () => {
  const short = { ...clip, frameStride: 2 }
  const source = { manifest: randomDataset(short, 16), reader: repeatableClips, seed: 5, warn: () => {} }
  const batchesOf = (randomErasing: number) =>
    finetuningClips(source, 'kind', short, {
      batchSize: 8,
      accumulationSteps: 1,
      samplesPerVideo: 1,
      sampling: 'dense',
      cropAreaMin: 0.5,
      flip: true,
      randAugment: 0,
      randAugmentMagnitude: 0,
      randAugmentDeviation: 0,
      randomErasing,
    })
  expect(digest((await batchesOf(0.6).at(3)).video)).toBe(
    '8d40d0cc5c30d65a6d74c606ebb706bb0f5053fc0919cda04399f222fc06c518',
  )
  expect(digest((await batchesOf(0).at(3)).video)).not.toBe(digest((await batchesOf(0.6).at(3)).video))
})
