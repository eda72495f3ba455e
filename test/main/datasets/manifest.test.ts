import { expect, test } from 'vitest'
import type { Split, VideoFacts } from '#contract/domain/dataset.ts'
import type { Annotation } from '#main/datasets/formats/format.ts'
import { buildManifest } from '#main/datasets/manifest.ts'
import { drawSplits } from '#main/datasets/split.ts'

const facts = (durationMs: number): VideoFacts => ({
  frameCount: Math.round(durationMs / 40),
  width: 64,
  height: 48,
  framesPerSecond: 25,
  durationMs,
  codec: 'h264',
  sizeBytes: 1,
  digest: `d${durationMs}`,
})
const part = (path: string, startMs: number, endMs: number, label: string): Annotation => ({
  path,
  split: 'train',
  labels: { class: label },
  part: { startMs, endMs },
})
const manifestOf = (annotations: readonly Annotation[], durations: Readonly<Record<string, number>>) =>
  buildManifest({
    name: 'd',
    root: '/',
    createdAt: '2026-01-01T00:00:00Z',
    annotations,
    inspected: Object.entries(durations).map(([path, durationMs]) => ({ path, facts: facts(durationMs) })),
    missing: [],
    splits: drawSplits(annotations, undefined).splits,
  })

test('a part of a longer video is a span, a video that was cut to it is whole, and a part that is not there is broken', () => {
  const manifest = manifestOf(
    [
      part('long.mp4', 10_000, 20_000, 'a'),
      part('long.mp4', 30_000, 40_000, 'b'),
      part('long.mp4', 55_000, 65_000, 'a'),
      part('long.mp4', 70_000, 80_000, 'a'),
      part('cut.mp4', 100_000, 110_000, 'a'),
      part('both.mp4', 0, 10_000, 'a'),
      part('both.mp4', 10_000, 20_000, 'b'),
    ],
    { 'both.mp4': 10_080, 'cut.mp4': 10_080, 'long.mp4': 60_000 },
  )
  const pathOf = new Map(manifest.videos.map(({ id, path }) => [id, path]))
  expect(manifest.samples.map(({ video, span, labels }) => [pathOf.get(video), span, labels['class']])).toEqual([
    ['cut.mp4', undefined, 0],
    ['long.mp4', { firstFrame: 250, frameCount: 250 }, 0],
    ['long.mp4', { firstFrame: 750, frameCount: 250 }, 1],
    ['long.mp4', { firstFrame: 1375, frameCount: 125 }, 0],
  ])
  expect(new Set(manifest.samples.map(({ id }) => id)).size).toBe(4)
  expect(manifest.broken.map(({ path, reason }) => `${path}: ${reason}`)).toMatchInlineSnapshot(`
    [
      "both.mp4: Of its listed parts the video has only one (it takes 10.1 s).",
      "both.mp4: Of its listed parts the video has only one (it takes 10.1 s).",
      "long.mp4: The part from 70 to 80 s begins after its end (60 s).",
    ]
  `)
})

test('two actions at the same time are two samples, and a part shorter than a frame has one', () => {
  const manifest = manifestOf(
    [
      part('long.mp4', 10_000, 20_000, 'a'),
      part('long.mp4', 10_000, 20_000, 'b'),
      part('long.mp4', 30_000, 30_005, 'b'),
    ],
    { 'long.mp4': 60_000 },
  )
  expect(manifest.samples.map(({ span, labels }) => [span, labels['class']])).toEqual([
    [{ firstFrame: 250, frameCount: 250 }, 0],
    [{ firstFrame: 250, frameCount: 250 }, 1],
    [{ firstFrame: 750, frameCount: 1 }, 1],
  ])
  expect(new Set(manifest.samples.map(({ id }) => id)).size).toBe(3)
  expect(Object.keys(manifest.splitSets[0]?.splits ?? {})).toHaveLength(3)
  expect(manifest.broken).toEqual([])
})

const listed = (path: string, splits: Record<string, Split>): Annotation => ({
  path,
  split: null,
  labels: { class: 'a' },
  splits,
})

test('official splits are split sets, of which the first is the default; no split is drawn', () => {
  const manifest = manifestOf(
    [
      listed('1.mp4', { 'split-2': 'train', 'split-1': 'test' }),
      listed('2.mp4', { 'split-1': 'train', 'split-2': 'test' }),
      listed('3.mp4', { 'split-2': 'test' }),
    ],
    { '1.mp4': 1000, '2.mp4': 1000, '3.mp4': 1000 },
  )
  const pathOf = new Map(manifest.samples.map(({ id }, index) => [id, `${index + 1}`]))
  expect(
    manifest.splitSets.map(({ name, splits }) => [
      name,
      ...Object.entries(splits).map(([id, split]) => `${pathOf.get(id)} ${split}`),
    ]),
  ).toEqual([
    ['default', '1 test', '2 train'],
    ['split-1', '1 test', '2 train'],
    ['split-2', '1 train', '2 test', '3 test'],
  ])
})
