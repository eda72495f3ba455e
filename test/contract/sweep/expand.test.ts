import { assert, constantFrom, double, property, record, uniqueArray } from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { describeSweepProblems, expandSweep } from '#contract/sweep/expand.ts'
import type { SweepAxis } from '#contract/sweep/request.ts'
import { sweepOf } from './base.ts'

const ratios: SweepAxis = { field: 'distill.maskRatio', values: [0.5, 0.75] }
const sentences = (sweep: ReturnType<typeof sweepOf>) => describeSweepProblems(expandSweep(sweep).problems)

test('a grid has every combination, each with every seed', () => {
  const { members, problems } = expandSweep(
    sweepOf({ axes: [ratios, { field: 'finetune.learningRate', values: [1e-3, 1.5e-4] }], seeds: 2 }),
  )
  expect(problems).toEqual([])
  expect(members.map(({ name }) => name)).toEqual([
    'masks-mask-ratio-0p5-learning-rate-0p001-seed-0',
    'masks-mask-ratio-0p5-learning-rate-0p001-seed-1',
    'masks-mask-ratio-0p5-learning-rate-0p00015-seed-0',
    'masks-mask-ratio-0p5-learning-rate-0p00015-seed-1',
    'masks-mask-ratio-0p75-learning-rate-0p001-seed-0',
    'masks-mask-ratio-0p75-learning-rate-0p001-seed-1',
    'masks-mask-ratio-0p75-learning-rate-0p00015-seed-0',
    'masks-mask-ratio-0p75-learning-rate-0p00015-seed-1',
  ])
  const last = members.at(-1)
  expect(last?.overrides).toEqual({ 'distill.maskRatio': 0.75, 'finetune.learningRate': 1.5e-4, 'general.seed': 1 })
  expect(last?.request).toMatchObject({
    group: 'masks',
    overrides: last?.overrides,
    configuration: {
      general: { seed: 1 },
      distill: { maskRatio: 0.75 },
      finetune: { learningRate: 1.5e-4 },
    },
  })
})

test('seeds alone are a sweep', () => {
  expect(expandSweep(sweepOf({ seeds: 3 })).members.map(({ name }) => name)).toEqual([
    'masks-seed-0',
    'masks-seed-1',
    'masks-seed-2',
  ])
})

test('fields that a later stage takes over follow', () => {
  const { members, problems } = expandSweep(sweepOf({ axes: [{ field: 'distill.width', values: [48, 96] }] }))
  expect(problems).toEqual([])
  expect(
    members.map(({ request: { configuration } }) => [configuration.distill.width, configuration.finetune.width]),
  ).toEqual([
    [48, 48],
    [96, 96],
  ])
  const sampling = expandSweep(sweepOf({ axes: [{ field: 'finetune.sampling', values: ['dense', 'segments'] }] }))
  expect(sampling.members.map(({ request }) => request.configuration.evaluate.sampling)).toEqual(['dense', 'segments'])
})

describe('random draws', () => {
  const range: SweepAxis = { field: 'distill.learningRate', from: 1e-5, to: 1e-2, scale: 'log' }
  const drawn = (seed: number) =>
    expandSweep(sweepOf({ axes: [range, ratios], random: { count: 20, seed } })).members.map(
      ({ overrides }) => overrides,
    )

  it('are the same for the same seed', () => {
    expect(drawn(1)).toEqual(drawn(1))
    expect(drawn(1)).not.toEqual(drawn(2))
  })

  it('stay in their range, and spread over its decades', () => {
    const rates = drawn(3).map((overrides) => Number(overrides['distill.learningRate']))
    expect(rates.every((rate) => rate >= 1e-5 && rate <= 1e-2)).toBe(true)
    expect(new Set(rates.map((rate) => Math.floor(Math.log10(rate)))).size).toBeGreaterThanOrEqual(3)
  })

  it('of integers reach both ends', () => {
    const { members } = expandSweep(
      sweepOf({
        axes: [{ field: 'general.mediaEveryEpochs', from: 1, to: 4, scale: 'linear' }],
        random: { count: 4, seed: 0 },
      }),
    )
    expect(
      members.map(({ overrides }) => Number(overrides['general.mediaEveryEpochs'])).toSorted((a, b) => a - b),
    ).toEqual([1, 2, 3, 4])
  })
})

describe('refusals', () => {
  it.each<[string, Parameters<typeof sweepOf>[0], string]>([
    ['nothing varied', {}, 'axes: Vary a hyperparameter, or choose at least two seeds.'],
    [
      'an unknown field',
      { axes: [{ field: 'distill.maskRato', values: [1] }] },
      'distill.maskRato: There is no such hyperparameter. Did you mean distill.maskRatio? Write <section>.<field>, such as general.seed.',
    ],
    [
      'a field twice',
      { axes: [ratios, ratios] },
      'distill.maskRatio: This hyperparameter is varied twice. Write all of its values in one list.',
    ],
    [
      'a value twice',
      { axes: [{ field: 'distill.maskRatio', values: [0.5, 0.5] }] },
      'distill.maskRatio: The value 0.5 is listed twice.',
    ],
    [
      'a value outside of the limits',
      { axes: [{ field: 'distill.maskRatio', values: [0.5, 1] }] },
      'distill.maskRatio: The value 1 is not allowed. It takes numbers between 0 and 1, both excluded.',
    ],
    [
      'a range in a grid',
      { axes: [{ field: 'distill.maskRatio', from: 0.1, to: 0.9, scale: 'linear' }] },
      'distill.maskRatio: A range needs a random search. List the values instead, or choose the number of draws.',
    ],
    [
      'more draws than combinations',
      { axes: [ratios], random: { count: 3, seed: 0 } },
      'random: Only 2 different combinations can be drawn. Lower the number of draws.',
    ],
    [
      'seeds that are varied already',
      { axes: [{ field: 'general.seed', values: [1, 2] }], seeds: 2 },
      'seeds: general.seed is varied already. Remove it from the varied fields, or choose one seed.',
    ],
    [
      'too many pipelines',
      { axes: [{ field: 'general.seed', values: Array.from({ length: 300 }, (_, index) => index) }] },
      'axes: These are 300 pipelines. A sweep has at most 256: vary fewer values, or draw some at random.',
    ],
  ])('%s', (_what, change, expected) => expect(sentences(sweepOf(change))).toEqual([expected]))

  it('a stage that is switched off', () =>
    expect(sentences(sweepOf({ axes: [ratios] }, { stages: ['image-teacher'] }))).toEqual([
      'distill.maskRatio: The stage Distillation is switched off, so this would change nothing.',
    ]))

  it('names every pipeline that the rules refuse, all at once', () => {
    const sweep = sweepOf({
      axes: [
        { field: 'distill.heads', values: [2, 5] },
        { field: 'general.seed', values: [0, 1] },
      ],
    })
    const { members, problems } = expandSweep(sweep)
    expect(members.map(({ overrides }) => overrides['distill.heads'])).toEqual([2, 2])
    expect(new Set(problems.map(({ member }) => member))).toEqual(
      new Set(['masks-heads-5-seed-0', 'masks-heads-5-seed-1']),
    )
    expect(describeSweepProblems(problems)[0]).toMatch(
      /^masks-heads-5-seed-0 and 1 other pipeline: distill\.heads: 5 heads do not divide the width/,
    )
  })
})

test('names are different and allowed, however long the values', () => {
  const field = constantFrom('distill.learningRate', 'finetune.learningRate', 'finetune.randAugmentMagnitude')
  const axis = record({
    field,
    values: uniqueArray(double({ min: 1e-6, max: 9.9, noNaN: true }), { minLength: 1, maxLength: 3 }),
  })
  assert(
    property(uniqueArray(axis, { minLength: 1, maxLength: 3, selector: ({ field }) => field }), (axes) => {
      const { members } = expandSweep(sweepOf({ axes, seeds: 2 }))
      const names = members.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
      for (const name of names) expect(name).toMatch(/^masks-[a-z0-9-]{1,57}$/)
    }),
    { numRuns: 50 },
  )
})
