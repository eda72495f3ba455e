import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { defaultDrawing, type Grouping } from '#contract/domain/split-drawing.ts'
import type { Annotation } from '#main/datasets/formats/format.ts'
import { drawSplits } from '#main/datasets/split.ts'

const labelled = (path: string, label: string | null, split: Annotation['split'] = null): Annotation => ({
  path,
  split,
  labels: { class: label },
})
const videos = Array.from({ length: 40 }, (_, index) =>
  labelled(`v${index}.mp4`, index < 20 ? 'a' : index < 38 ? 'b' : null),
)
const withSeed = (seed: number) => ({ ...defaultDrawing, seed })
const grouped = (groupBy: Grouping, seed = 0) => ({ ...defaultDrawing, seed, groupBy })
const byScene: Grouping = { by: 'name', pattern: '_(g[0-9]+)_' }

/** The message of the refusal. */
function refusal(draw: () => unknown): string {
  try {
    draw()
  } catch (cause) {
    if (cause instanceof StudioError) return cause.message
    throw cause
  }
  return 'not refused'
}

test('the split depends only on seed and paths, not on the order', () => {
  const { splits } = drawSplits(videos, withSeed(7))
  expect(drawSplits(videos.toReversed(), withSeed(7)).splits).toEqual(new Map([...splits].toReversed()))
  expect(drawSplits(videos, withSeed(8)).splits).not.toEqual(splits)
  const count = (label: string, split: string) =>
    videos.filter((video) => video.labels['class'] === label && splits.get(video.path) === split).length
  expect(['train', 'validation', 'test'].map((split) => [count('a', split), count('b', split)])).toEqual([
    [14, 12],
    [2, 2],
    [4, 4],
  ])
})

test('without a choice, splits are drawn as they always were', () => {
  const { splits, drawn, warnings } = drawSplits(videos, undefined)
  const text = videos.map(({ path }) => `${path} ${splits.get(path)}`).join('\n')
  expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe('49d4a3859a78ba36')
  expect({ drawn, warnings }).toEqual({ drawn: 40, warnings: [] })
})

test('given splits stay', () => {
  const { splits } = drawSplits(
    [labelled('x', 'a', 'validation'), labelled('y', 'a', 'test'), labelled('z', 'a')],
    undefined,
  )
  expect([...splits]).toEqual([
    ['x', 'validation'],
    ['y', 'test'],
    ['z', 'train'],
  ])
})

test('a drawn video follows the given split of its group', () => {
  const { splits } = drawSplits(
    [
      labelled('v_g01_c01', 'a', 'test'),
      labelled('v_g01_c02', 'a'),
      labelled('v_g02_c01', 'a', 'train'),
      labelled('v_g02_c02', 'b'),
      labelled('v_g03_c01', 'b'),
    ],
    grouped(byScene),
  )
  expect(splits.get('v_g01_c02')).toBe('test')
  expect(splits.get('v_g02_c02')).toBe('train')
})

test('copies and near duplicates stay together, also a copy of a near duplicate', () => {
  const copies = [
    { path: 'v1.mp4', of: 'v0.mp4' },
    { path: 'v2.mp4', of: 'v1.mp4' },
    { path: 'v21.mp4', of: 'v20.mp4' },
  ]
  const seeds = Array.from({ length: 20 }, (_, seed) => seed)
  const apart = (groupBy: Grouping) =>
    seeds.flatMap((seed) => {
      const { splits, warnings } = drawSplits(videos, grouped(groupBy, seed), 0, copies)
      expect(warnings).toEqual([])
      return copies.filter(({ path, of }) => splits.get(path) !== splits.get(of))
    }).length
  expect(apart({ by: 'near-duplicates' })).toBe(0)
  expect(apart({ by: 'none' })).toBeGreaterThan(10)
})

const scenes = fc.array(
  fc.record({ label: fc.constantFrom('a', 'b', 'c'), scene: fc.integer({ min: 0, max: 8 }), clip: fc.nat(40) }),
  { minLength: 1, maxLength: 60 },
)

test('clips of a scene are never in two splits, whatever their classes', () => {
  fc.assert(
    fc.property(scenes, fc.nat(1000), fc.boolean(), (clips, seed, isByFolder) => {
      fc.pre(new Set(clips.map(({ scene }) => scene)).size > 1)
      const sceneOf = new Map(
        clips.map(({ label, scene, clip }) => [
          isByFolder ? `${label}/scene ${scene}/${clip}.mp4` : `${label}/v_${label}_g${scene}_c${clip}.mp4`,
          scene,
        ]),
      )
      const annotations = [...sceneOf.keys()].map((path) => labelled(path, path.slice(0, 1)))
      const drawing = grouped(isByFolder ? { by: 'folder' } : byScene, seed)
      const { splits } = drawSplits(annotations, drawing, 1)
      expect(splits.size).toBe(annotations.length)
      for (const members of Map.groupBy(annotations, ({ path }) => sceneOf.get(path)).values())
        expect(new Set(members.map(({ path }) => splits.get(path))).size).toBe(1)
      const again = drawSplits(annotations.toReversed(), drawing, 1).splits
      for (const { path } of annotations) expect(again.get(path)).toBe(splits.get(path))
    }),
  )
})

test('a video outside of the folders of scenes is drawn alone, with a warning', () => {
  const annotations = ['a/s1/1.mp4', 'a/s1/2.mp4', 'a/s2/1.mp4', 'a/3.mp4'].map((path) => labelled(path, 'a'))
  expect(drawSplits(annotations, grouped({ by: 'folder' }), 1).warnings).toEqual([
    '1 video is in no such folder and was drawn alone: a/3.mp4.',
  ])
})

test.each([
  ['folders of classes alone', ['a/1.mp4', 'a/2.mp4'], { by: 'folder' }, /^drawing\.groupBy: no video is in a folder/],
  [
    'one folder',
    ['a/s/1.mp4', 'b/s/2.mp4'],
    { by: 'folder' },
    /^drawing\.groupBy: all 2 videos are in one group \(s\)/,
  ],
  [
    'a pattern without a match',
    ['a/1.mp4', 'a/2.mp4'],
    byScene,
    /^drawing\.groupBy\.pattern: the pattern _\(g\[0-9\]\+\)_ matches the name of no video, such as 1\./,
  ],
  [
    'a name of one group',
    ['a/x_1.mp4', 'a/x_2.mp4'],
    { by: 'name', pattern: '_' },
    /^drawing\.groupBy\.pattern: all 2 videos are in one group \(x\)/,
  ],
] as const)('%s are refused, with the name of the field', (_, paths, groupBy, message) => {
  const annotations = paths.map((path) => labelled(path, path.slice(0, 1)))
  expect(refusal(() => drawSplits(annotations, grouped(groupBy), 1))).toMatch(message)
})

test('a drawing for videos whose splits are all given is refused', () => {
  expect(refusal(() => drawSplits([labelled('x', 'a', 'train')], defaultDrawing))).toMatch(/^drawing: the folder gives/)
})
