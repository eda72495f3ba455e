import { expect, test } from 'vitest'
import { finetuningClips } from '#training/data/batches/finetuning.ts'
import { pretrainingClips, pretrainingImages } from '#training/data/batches/pretraining.ts'
import { evaluationViews } from '#training/data/batches/views.ts'
import type { ClipPlan } from '#training/data/clip.ts'
import type { DataSource } from '#training/data/source.ts'
import { type LabelledVideo, manifestOf } from '../../support/manifest.ts'

const clip = { frames: 4, frameStride: 2, imageSize: 16, patchSize: 8, tubeletSize: 2 }
const video: LabelledVideo = {
  id: 'a',
  path: 'a.mp4',
  frameCount: 200,
  width: 32,
  height: 24,
  framesPerSecond: 25,
  durationMs: 8000,
  codec: 'h264',
  sizeBytes: 1,
  digest: 'd',
  split: 'train',
  labels: { kind: 0 },
}
const step = { batchSize: 4, accumulationSteps: 1, samplesPerVideo: 4 }
const augmentation = {
  cropAreaMin: 0.5,
  flip: false,
  randAugment: 0,
  randAugmentMagnitude: 7,
  randAugmentDeviation: 0.5,
  randomErasing: 0,
} as const
const views = { split: 'train', temporalViews: 3, spatialViews: 1, batchSize: 3 } as const

/** Frame indices that a kind of batch reads from a sample. */
const kinds = {
  'pre-training clips': (source: DataSource, at: number) => pretrainingClips(source, clip, step).at(at),
  'pre-training images': (source: DataSource, at: number) =>
    pretrainingImages(source, { ...step, imageSize: 16, cropAreaMin: 0.2, flip: true }).at(at),
  'fine-tuning clips': (source: DataSource, at: number) =>
    finetuningClips(source, 'kind', clip, { ...step, ...augmentation, sampling: 'dense' }).at(at),
  'fine-tuning clips by segments': (source: DataSource, at: number) =>
    finetuningClips(source, 'kind', clip, { ...step, ...augmentation, sampling: 'segments' }).at(at),
  views: (source: DataSource) => evaluationViews(source, 'kind', clip, { ...views, sampling: 'dense' }).at(0),
  'views by segments': (source: DataSource) =>
    evaluationViews(source, 'kind', clip, { ...views, sampling: 'segments' }).at(0),
}

async function framesRead(kind: keyof typeof kinds, change: Partial<LabelledVideo>): Promise<number[]> {
  const plans: ClipPlan[] = []
  const source: DataSource = {
    manifest: manifestOf([{ ...video, ...change }], { labelSets: [{ name: 'kind', classes: ['a'] }] }),
    seed: 1,
    warn: () => {},
    reader: {
      async read(plan) {
        plans.push(plan)
        return plan.sizes.map((size) => new Uint8Array(plan.frameIndices.length * size * size * 3))
      },
    },
  }
  for (let at = 0; at < 20; at++) await kinds[kind](source, at)
  expect(plans.every(({ frameCount }) => frameCount === (change.frameCount ?? 200))).toBe(true)
  return plans.flatMap(({ frameIndices }) => [...frameIndices])
}

test.each(Object.keys(kinds) as (keyof typeof kinds)[])(
  '%s read no frame outside the span of a sample',
  async (kind) => {
    for (const span of [
      { firstFrame: 60, frameCount: 30 },
      { firstFrame: 190, frameCount: 10 },
      { firstFrame: 7, frameCount: 1 },
    ]) {
      const frames = await framesRead(kind, { span })
      expect(Math.min(...frames)).toBeGreaterThanOrEqual(span.firstFrame)
      expect(Math.max(...frames)).toBeLessThan(span.firstFrame + span.frameCount)
    }
  },
)

test.each(Object.keys(kinds) as (keyof typeof kinds)[])(
  '%s of a span are those of a video of its length',
  async (kind) => {
    const whole = await framesRead(kind, { frameCount: 30 })
    const span = await framesRead(kind, { span: { firstFrame: 60, frameCount: 30 } })
    expect(span).toEqual(whole.map((index) => index + 60))
  },
)
