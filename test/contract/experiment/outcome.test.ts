import { expect, test } from 'vitest'
import type { ProbeRecord } from '#contract/domain/probe.ts'
import { describeNote, outcomeOf, type OutcomeSources } from '#contract/experiment/outcome.ts'
import { findIn, requestOf, runOf } from './base.ts'

/** A test of ten videos of each of two classes with that many correct ones. */
const result = (up: number, down: number) => ({
  task: 'classification' as const,
  top1: (up + down) / 20,
  top5: null,
  videos: 20,
  views: 1,
  classes: ['up', 'down'],
  confusion: [
    [up, 10 - up],
    [10 - down, down],
  ],
  trainingVideos: [4, 4],
})

const sourcesOf = (
  tests: Readonly<Record<string, ReturnType<typeof result>>>,
  change: Partial<OutcomeSources> = {},
): OutcomeSources => ({
  find: () => undefined,
  test: (id) => tests[id] ?? null,
  labelSet: () => ({ classes: ['up', 'down'], trainingVideos: [4, 4] }),
  probes: [],
  pipelines: [],
  engines: ['onnx-cpu'],
  dataset: { name: 'shapes', digest: 'a', state: 'same' },
  ...change,
})

const id = (start: string, seed: number, labels = 'motion') => `abl-${labels}-${start}-s${seed}-f${seed}.evaluate`
const three = requestOf({ pretrainingSeeds: 3 })
const tests = {
  [id('both-student', 0)]: result(9, 7), // 0.8
  [id('both-student', 1)]: result(8, 6), // 0.7
  [id('both-student', 2)]: result(9, 9), // 0.9
  [id('scratch', 0)]: result(5, 7), // 0.6
  [id('scratch', 1)]: result(5, 5), // 0.5
  [id('scratch', 2)]: result(6, 4), // 0.5
}

test('means, intervals and paired differences over the seeds', () => {
  const [labelSet] = outcomeOf(three, sourcesOf(tests)).labelSets
  const [student, scratch] = labelSet?.starts ?? []
  expect(student?.top1.mean).toBeCloseTo(0.8, 12)
  // Standard error 0.1 / √3, t(2) = 4.302653.
  expect(student?.top1.interval).toBeCloseTo((4.302652729911275 * 0.1) / Math.sqrt(3), 9)
  expect(scratch?.top1.mean).toBeCloseTo(1.6 / 3, 12)
  expect(student?.seeds.map(({ top1 }) => top1)).toEqual([0.8, 0.7, 0.9])
  const [difference] = labelSet?.differences ?? []
  // Differences 0.2, 0.2 and 0.4: standard deviation 0.2 / √3.
  expect(difference).toMatchObject({ start: 'both-student', baseline: 'scratch' })
  expect(difference?.difference).toBeCloseTo(0.8 / 3, 12)
  expect(difference?.interval).toBeCloseTo((4.302652729911275 * 0.2) / 3, 9)
  expect(difference?.p).toBeCloseTo(0.0572, 3)
  expect(student?.classes.map(({ label, top1 }) => [label, top1.mean?.toFixed(4)])).toEqual([
    ['up', '0.8667'],
    ['down', '0.7333'],
  ])
  expect(labelSet).toMatchObject({ labelsPerClass: { mean: 4, fewest: 4, most: 4 }, testVideos: 20 })
})

test('fine-tuning seeds are averaged within a pre-training seed, which counts when all are tested', () => {
  const request = requestOf({ starts: ['scratch'], finetuningSeeds: 2 })
  const half = {
    'abl-motion-scratch-s0-f0.evaluate': result(5, 5),
    'abl-motion-scratch-s0-f1000.evaluate': result(9, 9),
  }
  const more = { ...half, 'abl-motion-scratch-s1-f1.evaluate': result(10, 10) }
  const outcome = outcomeOf(request, sourcesOf(more))
  expect(outcome.labelSets[0]?.starts[0]?.top1).toEqual({ mean: 0.7, interval: null, seeds: 1 })
  expect(outcome.notes.map(describeNote)).toEqual([
    '3 of 4 tests have finished. The figures will change.',
    'Seed 1 of scratch on motion does not count yet: not all of its fine-tuning seeds are tested.',
  ])
})

test('one seed has no interval, which is said', () => {
  const outcome = outcomeOf(requestOf({ pretrainingSeeds: 1 }), sourcesOf(tests))
  expect(outcome.labelSets[0]?.starts[0]?.top1).toEqual({ mean: 0.8, interval: null, seeds: 1 })
  expect(outcome.labelSets[0]?.differences[0]).toMatchObject({ interval: null, p: null, pairs: [{ seed: 0 }] })
  expect(outcome.notes).toEqual([{ kind: 'one-seed' }])
})

test('students are compared with each other and with the baseline', () => {
  const request = requestOf({ starts: ['image-student', 'video-student', 'videomae', 'scratch'] })
  const pairs = outcomeOf(request, sourcesOf({})).labelSets[0]?.differences
  expect(pairs?.map(({ start, baseline }) => `${start} - ${baseline}`)).toEqual([
    'image-student - scratch',
    'video-student - scratch',
    'videomae - scratch',
    'video-student - image-student',
  ])
  expect(pairs?.[0]).toMatchObject({ difference: null, interval: null, p: null, pairs: [] })
})

test('label sets with the same classes make a learning curve, in the order of their labels per class', () => {
  const request = requestOf({ labels: ['motion-8', 'motion-2', 'other'], starts: ['scratch'] })
  const budgets: Record<string, number[]> = { 'motion-8': [8, 8], 'motion-2': [2, 2] }
  const outcome = outcomeOf(
    request,
    sourcesOf(
      {},
      {
        labelSet: (name) => ({
          classes: name === 'other' ? ['a', 'b'] : ['up', 'down'],
          trainingVideos: budgets[name] ?? [3, 5],
        }),
      },
    ),
  )
  expect(outcome.curves).toHaveLength(1)
  expect(outcome.curves[0]?.labelSets).toEqual(['motion-2', 'motion-8'])
  expect(outcome.curves[0]?.starts[0]?.points.map(({ labelsPerClass }) => labelsPerClass)).toEqual([2, 8])
})

test('similarity is the mean cosine of tubelets at a distance', () => {
  const matrix = [
    [1, 0.8, 0.5],
    [0.8, 1, 0.6],
    [0.5, 0.6, 1],
  ]
  const record = {
    frameSimilarity: matrix,
    knn: { top1: 0.4 },
    linear: null,
    attentive: null,
  } as unknown as ProbeRecord
  const probe = { start: 'both-student' as const, labels: 'motion', runId: 'x' }
  const { similarities, probes } = outcomeOf(
    three,
    sourcesOf({}, { probes: [0, 1].map((seed) => ({ probe: { ...probe, seed }, record })) }),
  )
  expect(similarities.map(({ start }) => start)).toEqual(['both-student'])
  expect(similarities[0]?.distances.map(({ tubelets, cosine }) => [tubelets, cosine.mean?.toFixed(6)])).toEqual([
    [0, '1.000000'],
    [1, '0.700000'],
    [2, '0.500000'],
  ])
  expect(probes).toEqual([
    { start: 'both-student', labels: 'motion', method: 'knn', top1: { mean: 0.4, interval: 0, seeds: 2 } },
  ])
})

test('what makes figures doubtful is said', () => {
  const request = requestOf({ starts: ['scratch'], learningRates: [0.01, 0.02, 0.04], pretrainingSeeds: 2 })
  const found = findIn(
    Object.fromEntries(
      ['0p01', '0p02', '0p04'].map((rate, index) => [
        `abl-motion-scratch-r${rate}-d0p75.finetune`,
        runOf({ validation: { top1: index / 10, loss: 1 } }),
      ]),
    ),
  )
  const { notes } = outcomeOf(
    request,
    sourcesOf(
      {},
      {
        find: found,
        engines: ['onnx-cpu', 'tfjs', 'tfjs'],
        pipelines: [
          { id: 'p', datasetDigest: 'b', studioVersion: '1' },
          { id: 'q', datasetDigest: 'a', studioVersion: '2' },
        ],
        dataset: { name: 'shapes', digest: 'a', state: 'changed' },
      },
    ),
  )
  expect(notes.map(({ kind }) => kind)).toEqual([
    'dataset-changed',
    'other-data',
    'unfinished',
    'engines',
    'versions',
    'edge',
  ])
  expect(notes.map(describeNote).at(-1)).toBe(
    'The chosen learning rate 0.04 of scratch on motion is the highest of the grid, so a better one may lie outside.',
  )
})
