import { describe, expect, it } from 'vitest'
import { formatParameter, groupsOf } from '#contract/configuration/parameters.ts'
import { classScores } from '#contract/domain/class-scores.ts'
import { failureText } from '#renderer/features/runs/facts.ts'
import { tableRows } from '#renderer/ui/charts/columns.ts'
import { appendPoints, emptySeries } from '#renderer/ui/charts/series.ts'
import { meanOf, rowsOf, teacherRanges } from '#renderer/ui/run/pictures.ts'

it('failureText contains run, error and log', () => {
  const run = {
    id: 'falls.distill',
    status: 'failed' as const,
    step: 40,
    totalSteps: 240,
    attempt: 2,
    engine: 'onnx-cpu',
    dataset: 'falls',
    preset: 'tiny',
  }
  const error = {
    code: 'out-of-memory' as const,
    message: 'The distillation needs 14 GiB.',
    hint: 'Lower distill.batchSize.',
  }
  expect(failureText(run, error, [{ at: '2026-11-23T09:00:00Z', level: 'error', message: 'cannot allocate' }]))
    .toMatchInlineSnapshot(`
    "Run falls.distill failed at step 40 of 240 (attempt 2, engine onnx-cpu, dataset falls, preset tiny)
    out-of-memory: The distillation needs 14 GiB.
    Lower distill.batchSize.

    2026-11-23T09:00:00Z error cannot allocate"
  `)
})

describe('classScores', () => {
  it('uses rows as true classes', () => {
    expect(
      classScores({
        classes: ['a', 'b', 'c'],
        confusion: [
          [3, 1, 0],
          [0, 2, 0],
          [0, 0, 0],
        ],
      }),
    ).toEqual([
      { label: 'a', videos: 4, correct: 3, recall: 0.75, mistakenFor: { label: 'b', count: 1 } },
      { label: 'b', videos: 2, correct: 2, recall: 1, mistakenFor: null },
      { label: 'c', videos: 0, correct: 0, recall: null, mistakenFor: null },
    ])
  })
})

describe('parameters', () => {
  it('are grouped by the headings of their schema, with label and unit', () => {
    const groups = groupsOf('clip', {
      frames: 16,
      frameStride: 4,
      imageSize: 224,
      patchSize: 16,
      tubeletSize: 2,
      unknown: 1,
    })
    expect(
      groups.map(({ title, parameters }) => [
        title,
        parameters.map(({ label, value, unit }) => `${label} ${value} ${unit}`),
      ]),
    ).toEqual([
      [
        'Clip',
        ['Frames 16 frames', 'Frame stride 4 frames', 'Image size 224 px', 'Patch size 16 px', 'Tubelet size 2 frames'],
      ],
    ])
  })
  it.each([
    [true, 'on'],
    [false, 'off'],
    [undefined, '–'],
    [3, '3'],
    [10_000_000, '10000000'],
    [0.00015, '1.50e-4'],
    ['smooth-l1', 'smooth-l1'],
  ])('%s is written %s', (value, expected) => expect(formatParameter(value)).toBe(expected))
})

const strip = (role: 'input' | 'masked') => ({ role, path: `media/${role}.webp` })

describe('rows of a picture', () => {
  const item = {
    step: 1,
    kind: 'error-map' as const,
    video: 'a',
    frames: 2,
    imageSize: 8,
    grid: [1, 1, 2] as [number, number, number],
    mask: [0 as const, 1 as const],
    strips: [strip('input'), strip('masked')],
    errorMaps: [
      { teacher: 'image' as const, values: [null, 2] },
      { teacher: 'video' as const, values: [null, 5] },
    ],
  }
  it('overlay each error map on the clip', () => {
    expect(rowsOf(item).map(({ label, path }) => `${label}: ${path}`)).toEqual([
      'Clip: media/input.webp',
      'Masked: media/masked.webp',
      'Error, image teacher: media/input.webp',
      'Error, video teacher: media/input.webp',
    ])
  })
  it('have one range per teacher', () =>
    expect(teacherRanges([item, { ...item, errorMaps: [{ teacher: 'image', values: [1, 4] }] }])).toEqual({
      image: { min: 1, max: 4 },
      video: { min: 5, max: 5 },
    }))
  it('have the mean of the masked tokens', () => expect([meanOf([null, 2, 4]), meanOf([null])]).toEqual([3, null]))
})

it('tableRows joins buckets that end together', () => {
  const one = appendPoints(emptySeries('a', 'train/loss'), { steps: [0, 1, 2, 3], values: [4, 3, 2, 1] }, 2)
  const two = appendPoints(emptySeries('b', 'train/loss'), { steps: [1, 2], values: [9, 'NaN'] }, 8)
  expect(tableRows([one, two])).toEqual([
    { from: 0, to: 1, values: [3, 9] },
    { from: 2, to: 2, values: [undefined, 'NaN'] },
    { from: 2, to: 3, values: [1, undefined] },
  ])
})
