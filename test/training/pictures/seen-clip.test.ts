import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toStudioError } from '#contract/api/errors.ts'
import type { SeenView } from '#contract/domain/seen-clip.ts'
import { stageConfiguration, stageSections, type TrainingStageName } from '#contract/stages/index.ts'
import { finetuningClips } from '#training/data/batches/finetuning.ts'
import { pretrainingClips, pretrainingImages } from '#training/data/batches/pretraining.ts'
import { evaluationViews } from '#training/data/batches/views.ts'
import { denormalize } from '#training/data/normalize.ts'
import type { DataSource } from '#training/data/source.ts'
import { hideMasked, seenClip } from '#training/pictures/seen-clip.ts'
import { clipMask, frameMask } from '#training/stages/data.ts'
import { stageClips } from '#training/stages/seen-clips.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { createVideoPool, type VideoPool } from '#training/video/worker/pool.ts'
import { type LabelledVideo, manifestOf } from '../../support/manifest.ts'
import { readableVideos } from '../../support/videos/index.ts'

const clip = { frames: 4, frameStride: 2, imageSize: 32, patchSize: 8, tubeletSize: 2 }
let root = ''
let pool: VideoPool
let source: DataSource

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'seen-clip-'))
  const decoder = await openNodeAv()
  const videos: LabelledVideo[] = []
  for (const [index, file] of readableVideos().slice(0, 5).entries()) {
    const path = basename(file)
    copyFileSync(file, join(root, path))
    const inspected = await inspectFile(decoder, file)
    if (inspected.state !== 'readable') throw new Error(inspected.reason)
    const split = index < 4 ? 'train' : 'test'
    videos.push({ ...inspected.facts, id: `v${index}`, path, split, labels: { kind: index === 0 ? null : index % 2 } })
  }
  const labelSets = [{ name: 'kind', classes: ['a', 'b'] }]
  pool = createVideoPool({ workers: 1, frameCache: join(root, 'cache') })
  source = { manifest: manifestOf(videos, { name: 'seen', root, labelSets }), reader: pool, seed: 5, warn: () => {} }
})
afterAll(async () => {
  await pool.dispose()
  rmSync(root, { recursive: true })
})

/** Settings of a stage with steps of two samples. */
const taskOf = (stage: TrainingStageName, change: object = {}) =>
  stageConfiguration.parse({
    stage,
    configuration: { ...stageSections[stage].parse(published[stage]), batchSize: 2, samplesPerVideo: 1, ...change },
  })
const published = JSON.parse(readFileSync('resources/presets/tiny.json', 'utf8')).configuration as Record<
  TrainingStageName,
  object
>

const see = async (task: ReturnType<typeof taskOf>, sample: string, epoch: number) =>
  seenClip(source, await openNodeAv(), stageClips(source, { task, clip, labels: 'kind' }), { sample, epoch })

/** RGB frames [frames, height, width, 3] of a strip. */
async function framesOf({ webp, width, height }: SeenView['seen'], frames: number): Promise<Uint8Array> {
  const { data } = await sharp(Buffer.from(webp, 'base64')).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return Uint8Array.from({ length: frames * height * width * 3 }, (_, index) => {
    const [channel, x, y] = [index % 3, Math.floor(index / 3) % width, Math.floor(index / 3 / width) % height]
    const frame = Math.floor(index / 3 / width / height)
    return data[(y * frames * width + frame * width + x) * 3 + channel] ?? 0
  })
}

/** The row of a batch [B, 3, T, S, S] as bytes [T, S, S, 3]. */
function rowOf(batch: Float32Array, row: number): Uint8Array {
  const length = batch.length / 2
  return denormalize(batch.slice(row * length, (row + 1) * length))
}

describe('what the model sees is what training computes', () => {
  test.each(['video-teacher', 'distill'] as const)('in the stage %s', async (stage) => {
    const task = taskOf(stage)
    if (task.stage !== 'video-teacher' && task.stage !== 'distill') throw new Error('another stage')
    const seen = await see(task, 'v2', 3)
    expect(seen.stepsPerEpoch).toBe(2)
    const [view] = seen.views
    expect(view).toBeDefined()
    const { step, position, frames } = view!
    expect(step).toBeGreaterThan(4)
    const batch = await pretrainingClips(source, clip, task.configuration).at(step - 1)
    expect(batch.samples[position - 1]?.id).toBe('v2')
    expect(batch.clips[position - 1]?.frames).toEqual(frames)
    const pixels = await framesOf(view!.seen, 4)
    expect(Buffer.from(pixels).equals(rowOf(batch.video, position - 1))).toBe(true)
    const mask = clipMask(5, task.configuration, clip, step - 1, position - 1)
    expect(Buffer.from(await framesOf(view!.masked!, 4)).equals(hideMasked(pixels, mask, clip))).toBe(true)
    expect(seen.maskedShare).toBeCloseTo(1 - mask.visible.length / (2 * 16))
  })

  test('in the image teacher', async () => {
    const task = taskOf('image-teacher', { imageSize: 32, patchSize: 8, flip: true })
    if (task.stage !== 'image-teacher') throw new Error('another stage')
    const seen = await see(task, 'v1', 1)
    const { step, position, seen: strip, masked } = seen.views[0]!
    const batch = await pretrainingImages(source, task.configuration).at(step - 1)
    const pixels = await framesOf(strip, 1)
    expect(Buffer.from(pixels).equals(rowOf(batch.image, position - 1))).toBe(true)
    const mask = frameMask(5, task.configuration, step - 1, position - 1)
    const geometry = { imageSize: 32, patchSize: 8, tubeletSize: 1 }
    expect(Buffer.from(await framesOf(masked!, 1)).equals(hideMasked(pixels, mask, geometry))).toBe(true)
  })

  test('in fine-tuning, twice if an epoch takes each video twice, with augmentation and without a mask', async () => {
    const task = taskOf('finetune', { samplesPerVideo: 2, randAugment: 2, flip: true, randomErasing: 1 })
    if (task.stage !== 'finetune') throw new Error('another stage')
    const seen = await see(task, 'v3', 2)
    expect(seen.maskedShare).toBeNull()
    expect(seen.views).toHaveLength(2)
    const clips = finetuningClips(source, 'kind', clip, task.configuration)
    for (const { step, position, seen: strip, masked, operations } of seen.views) {
      const batch = await clips.at(step - 1)
      expect(batch.samples[position - 1]?.id).toBe('v3')
      expect(Buffer.from(await framesOf(strip, 4)).equals(rowOf(batch.video, position - 1))).toBe(true)
      expect(masked).toBeNull()
      expect(operations.length).toBeLessThanOrEqual(2)
    }
  })
})

test('the original shows the whole frames of the clip', async () => {
  const { original, frames } = (await see(taskOf('distill'), 'v2', 3)).views[0]!
  const decoded: Buffer[] = []
  const file = join(root, source.manifest.videos.find(({ id }) => id === 'v2')!.path)
  const size = { width: original.width, height: original.height }
  await (await openNodeAv()).decode(file, size, frames, (pixels) => void decoded.push(Buffer.from(pixels)))
  expect(decoded).toHaveLength(4)
  expect(Buffer.from(await framesOf(original, 4)).equals(Buffer.concat(decoded))).toBe(true)
})

test('a test takes all of its views of a video, as it computes them', async () => {
  const task = stageConfiguration.parse({
    stage: 'evaluate',
    configuration: { temporalViews: 2, spatialViews: 3, sampling: 'dense', viewAverage: 'softmax', batchSize: 4 },
  })
  if (task.stage !== 'evaluate') throw new Error('another stage')
  const seen = await see(task, 'v4', 1)
  expect(seen).toMatchObject({ stepsPerEpoch: 2, maskedShare: null })
  expect(seen.views.map(({ step, position, view }) => [step, position, view?.clip, view?.crop])).toEqual([
    [1, 1, 1, 1],
    [1, 2, 1, 2],
    [1, 3, 1, 3],
    [1, 4, 2, 1],
    [2, 1, 2, 2],
    [2, 2, 2, 3],
  ])
  const views = evaluationViews(source, 'kind', clip, { ...task.configuration, split: 'test' })
  for (const { step, position, view, seen: strip } of seen.views) {
    const batch = await views.at(step - 1)
    expect(batch.views[position - 1]).toBe(`clip ${view?.clip} of 2, crop ${view?.crop} of 3`)
    const length = batch.video.length / 4
    const row = denormalize(batch.video.slice((position - 1) * length, position * length))
    expect(Buffer.from(await framesOf(strip, 4)).equals(row)).toBe(true)
  }
  const refused = await see(task, 'v3', 1).catch((cause: unknown) => toStudioError(cause).message)
  expect(refused).toBe('The stage does not take the sample v3. Its split is train.')
})

test('the original frames are whole, and the crop is a share of them', async () => {
  const { views } = await see(taskOf('video-teacher'), 'v0', 1)
  const { original, crop, frames } = views[0]!
  const facts = source.manifest.videos.find(({ id }) => id === 'v0')!
  expect(original.width / original.height).toBeCloseTo(facts.width / facts.height, 1)
  const metadata = await sharp(Buffer.from(original.webp, 'base64')).metadata()
  expect([metadata.width, metadata.height]).toEqual([original.width * frames.length, original.height])
  expect(crop.x + crop.width).toBeLessThanOrEqual(1)
  expect(crop.y + crop.height).toBeLessThanOrEqual(1)
})

test('a sample that an epoch leaves out has no view', async () => {
  const task = taskOf('video-teacher', { batchSize: 3 })
  const taken = await Promise.all(['v0', 'v1', 'v2', 'v3'].map(async (id) => (await see(task, id, 1)).views.length))
  expect(taken.toSorted((a, b) => a - b)).toEqual([0, 1, 1, 1])
})

const saidOf = async (stage: TrainingStageName, sample: string) =>
  see(taskOf(stage), sample, 1).then(
    () => '',
    (cause: unknown) => toStudioError(cause).message,
  )

test('samples that no step takes are named with the reason', async () => {
  expect(await saidOf('distill', 'v4')).toMatchInlineSnapshot(
    `"The stage does not take the sample v4. Its split is test."`,
  )
  expect(await saidOf('finetune', 'v0')).toMatchInlineSnapshot(
    `"The stage does not take the sample v0. It has no class in the label set."`,
  )
  expect(await saidOf('finetune', 'nothere')).toMatchInlineSnapshot(`"The dataset seen has no sample nothere."`)
})
