import { expect, test } from 'vitest'
import { parseVaried, sweepText } from '#main/shells/cli/sweeps.ts'

test.each([
  ['distill.maskRatio=0.75,0.9', { field: 'distill.maskRatio', values: [0.75, 0.9] }],
  ['distill.loss=l1, smooth-l1', { field: 'distill.loss', values: ['l1', 'smooth-l1'] }],
  ['finetune.flip=true,false', { field: 'finetune.flip', values: [true, false] }],
  ['distill.maskRatio=0.5..0.9', { field: 'distill.maskRatio', from: 0.5, to: 0.9, scale: 'linear' }],
  ['distill.learningRate=1e-5..1e-3:log', { field: 'distill.learningRate', from: 1e-5, to: 1e-3, scale: 'log' }],
])('%s is read', (text, axis) => expect(parseVaried(text)).toEqual(axis))

test.each([
  ['distill.maskRatio', '--vary "distill.maskRatio" has no values.'],
  ['distill.maskRatio=0.5,x', 'distill.maskRatio: "x" is not a number between 0 and 1, both excluded.'],
  ['distill.maskRatio=0.5,2', 'distill.maskRatio: The mask ratio must be below 1, or nothing is visible.'],
  ['distill.maskRato=0.5', 'The section distill has no field "maskRato".'],
  ['maskRatio=0.5', '--vary "maskRatio" names no section of the configuration.'],
  ['distill.loss=l1..l2', '--vary "distill.loss=l1..l2": a range needs numbers.'],
])('%s is refused', (text, expected) => {
  expect(() => parseVaried(text)).toThrow(expected)
})

test('a plan is a table with its varied values and its size', () => {
  expect(
    sweepText({
      pipelines: [
        { name: 'm-shared', overrides: {}, stages: ['image-teacher'], isShared: true },
        { name: 'm-1', overrides: { 'distill.maskRatio': 0.5 }, stages: ['distill'], isShared: false },
        { name: 'm-2', overrides: { 'distill.maskRatio': 0.75 }, stages: ['distill'], isShared: false },
      ],
      runCount: 3,
      unsharedRunCount: 4,
      warnings: [],
    }),
  ).toMatchInlineSnapshot(`
    "┌──────────┬───────────────────┬───────────────┐
    │ Pipeline │ distill.maskRatio │ Stages        │
    │ m-shared │ –                 │ Image teacher │
    │ m-1      │ 0.5               │ Distillation  │
    │ m-2      │ 0.75              │ Distillation  │
    └──────────┴───────────────────┴───────────────┘
    3 pipelines, 3 runs. Training shared stages once saves 1 run."
  `)
})
