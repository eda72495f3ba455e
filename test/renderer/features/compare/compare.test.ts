import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compareConfigurations, onlyDifferences, type Configured } from '#contract/comparison/configurations.ts'
import { metricRows } from '#contract/comparison/metric-rows.ts'
import { compareResults, formatDifference } from '#contract/comparison/results.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { formatMetricDifference, isBetter } from '#contract/domain/metric-text.ts'
import type { MetricName, MetricValue } from '#contract/domain/metric.ts'
import { preset } from '#contract/domain/pipeline.ts'
import type { TestResult } from '#contract/domain/result.ts'
import type { Stage } from '#contract/stages/index.ts'
import { parseIds, serializeIds, withBaseline } from '#renderer/features/compare/compared.ts'

describe('ids in the address', () => {
  it.each([
    { query: 'a,b,,a', expected: ['a', 'b'] },
    { query: '', expected: [] },
    { query: undefined, expected: [] },
    { query: ['a'], expected: [] },
  ])('$query', ({ query, expected }) => expect(parseIds(query)).toEqual(expected))
  it('are written back', () => expect([serializeIds(['a', 'b']), serializeIds([])]).toEqual(['a,b', undefined]))
  it('start with the baseline', () => expect(withBaseline(['a', 'b', 'c'], 'b')).toEqual(['b', 'a', 'c']))
})

const presetFile = readdirSync('resources/presets').toSorted()[0]!
const base = preset.parse(JSON.parse(readFileSync(`resources/presets/${presetFile}`, 'utf8'))).configuration
const configured = (
  stage: Stage,
  change: (configuration: PipelineConfiguration) => void = () => undefined,
): Configured => {
  const configuration = structuredClone(base)
  change(configuration)
  return { stage, dataset: 'shapes', labels: null, configuration }
}
const summary = (runs: Configured[]) =>
  onlyDifferences(compareConfigurations(runs)).map(({ section, applies, rows }) => ({
    section,
    applies,
    rows: rows.map(({ key, values }) => [key, ...values]),
  }))

describe('compareConfigurations', () => {
  it('finds nothing between equal runs', () =>
    expect(summary([configured('distill'), configured('distill')])).toEqual([]))

  it('finds a difference in the run itself', () => {
    expect(
      summary([
        configured('distill', (c) => (c.distill.maskRatio = 0.9)),
        configured('distill', (c) => (c.distill.maskRatio = 0.75)),
      ]),
    ).toEqual([{ section: 'distill', applies: [true, true], rows: [['maskRatio', 0.9, 0.75]] }])
  })

  it('finds that a teacher is an existing model', () => {
    const taken = configured('distill', (c) => (c.inputs = { imageTeacher: 'mae-base' }))
    const trained = configured('distill', (c) => (c.inputs = {}))
    const [models, ...others] = summary([taken, trained])
    expect(models).toEqual({
      section: 'models',
      applies: [true, true],
      rows: [['imageTeacher', 'mae-base', 'trained in this pipeline']],
    })
    expect(others).toEqual([{ section: 'image-teacher', applies: [false, true], rows: [] }])
  })

  it('finds a difference in an earlier stage', () => {
    const runs = [
      configured('evaluate', (c) => (c['video-teacher'].epochs = 7)),
      configured('evaluate', (c) => (c['video-teacher'].epochs = 9)),
    ]
    expect(summary(runs)).toEqual([{ section: 'video-teacher', applies: [true, true], rows: [['epochs', 7, 9]] }])
  })

  it('ignores stages that the run does not depend on', () => {
    expect(
      summary([
        configured('video-teacher', (c) => (c.finetune.epochs = 1)),
        configured('video-teacher', (c) => (c.finetune.epochs = 2)),
      ]),
    ).toEqual([])
  })

  it('lists sections that only some runs have, without their rows', () => {
    const runs = [
      configured('finetune', (c) => (c.finetune.initialization = 'scratch')),
      configured('finetune', (c) => (c.finetune.initialization = 'video-teacher')),
    ]
    expect(summary(runs)).toEqual([
      { section: 'video-teacher', applies: [false, true], rows: [] },
      { section: 'finetune', applies: [true, true], rows: [['initialization', 'scratch', 'video-teacher']] },
    ])
  })

  it('compares different stages by their common hyperparameters', () => {
    const runs = [
      configured('image-teacher', (c) =>
        Object.assign(c['image-teacher'], { maskRatio: 0.75, epochs: 3, batchSize: 8 }),
      ),
      configured('video-teacher', (c) =>
        Object.assign(c['video-teacher'], { maskRatio: 0.9, epochs: 3, batchSize: 4 }),
      ),
    ]
    const [stage, image, video] = summary(runs)
    expect(stage!.rows).toEqual(
      expect.arrayContaining([
        ['stage', 'Image teacher', 'Video teacher'],
        ['maskRatio', 0.75, 0.9],
        ['batchSize', 8, 4],
      ]),
    )
    expect(stage!.rows.map(([key]) => key)).not.toContain('epochs')
    expect([image, video]).toEqual([
      { section: 'image-teacher', applies: [true, false], rows: [] },
      { section: 'video-teacher', applies: [false, true], rows: [] },
    ])
  })

  it('lists a value once, in the common rows or in its stage', () => {
    const all = compareConfigurations([configured('image-teacher'), configured('video-teacher')])
    const keysOf = (name: string) => all.find(({ section }) => section === name)!.rows.map(({ key }) => key)
    expect(keysOf('stage')).toContain('maskRatio')
    expect(keysOf('image-teacher')).toContain('imageSize')
    expect(keysOf('image-teacher')).not.toContain('maskRatio')
    expect(new Set([...keysOf('stage'), ...keysOf('image-teacher')])).toEqual(
      new Set(['stage', ...Object.keys(base['image-teacher'])]),
    )
  })

  it('keeps all rows of an earlier stage that another run depends on', () => {
    const all = compareConfigurations([configured('image-teacher'), configured('distill')])
    expect(all.find(({ section }) => section === 'image-teacher')!.rows.map(({ key }) => key)).toEqual(
      expect.arrayContaining(Object.keys(base['image-teacher'])),
    )
  })

  it('compares data', () => {
    expect(summary([configured('distill'), { ...configured('distill'), dataset: 'falls', labels: 'class' }])).toEqual([
      {
        section: 'dataset',
        applies: [true, true],
        rows: [
          ['dataset', 'shapes', 'falls'],
          ['labels', 'none', 'class'],
        ],
      },
    ])
  })

  it('returns every row', () => {
    const all = compareConfigurations([configured('image-teacher'), configured('image-teacher')])
    expect(all.map(({ section }) => section)).toEqual(['dataset', 'general', 'clip', 'image-teacher'])
    expect(all.flatMap(({ rows }) => rows).every((row) => !row.differs && row.values.length === 2)).toBe(true)
  })
})

const summarized = (
  stage: Stage,
  values: Partial<Record<MetricName, [last: MetricValue, min: MetricValue, max: MetricValue]>>,
) => ({
  stage,
  summaries: (Object.entries(values) as [MetricName, [MetricValue, MetricValue, MetricValue]][]).map(
    ([name, [last, min, max]]) => ({ name, last, lastStep: 9, min, max, count: 10 }),
  ),
})

const differences = (...runs: Parameters<typeof metricRows>[0]) => metricRows(runs, 'last')[0]?.differences

describe('metricRows', () => {
  const runs = [
    summarized('finetune', { 'train/loss': [0.5, 0.4, 2], 'validation/top1': [60, 10, 80] }),
    summarized('finetune', { 'train/loss': [0.45, 0.44, 3], 'validation/top1': [70, 5, 72] }),
    summarized('finetune', {}),
  ]
  it.each([
    {
      reduction: 'last' as const,
      expected: [
        ['train/loss', [0.5, 0.45, null], [false, true, false]],
        ['validation/top1', [60, 70, null], [false, true, false]],
      ],
    },
    {
      reduction: 'best' as const,
      expected: [
        ['train/loss', [0.4, 0.44, null], [true, false, false]],
        ['validation/top1', [80, 72, null], [true, false, false]],
      ],
    },
  ])('marks the best by goal, from the $reduction values', ({ reduction, expected }) =>
    expect(metricRows(runs, reduction).map(({ name, values, best }) => [name, values, best])).toEqual(expected),
  )

  it('always uses the highest peak memory', () => {
    const [memory] = metricRows(
      [
        summarized('finetune', { 'system/peak-memory': [700, 400, 900] }),
        summarized('finetune', { 'system/peak-memory': [800, 300, 800] }),
      ],
      'best',
    )
    expect(memory).toEqual({
      name: 'system/peak-memory',
      label: 'Peak memory',
      values: [900, 800],
      differences: [null, -100],
      best: [false, true],
    })
  })

  it('has the differences to the baseline of the same stage', () => {
    expect(differences(loss(2), loss(1.5), loss(3, 'finetune'))).toEqual([null, -0.5, null])
    expect(differences(loss(2), loss('NaN'))).toEqual([null, null])
    expect(differences(rate(1), loss(1))).toEqual([null, null])
  })
  it.each([
    ['train/loss', -0.5, '−0.5', true],
    ['validation/top1', -1.26, '−1.3', false],
    ['validation/top1', 0.01, '±0.0', undefined],
    ['optimizer/learning-rate', 0.001, '+0.001', undefined],
    ['train/loss', 0, '±0', undefined],
  ])('a difference of %s by %d is written %s', (name, difference, text, better) => {
    expect(formatMetricDifference(name, difference)).toBe(text)
    expect(isBetter(name, difference)).toBe(better)
  })

  const rate = (a: MetricValue) => summarized('finetune', { 'optimizer/learning-rate': [a, 0, 1] })
  const speed = (a: MetricValue) => summarized('distill', { 'speed/clips-per-second': [a, a, a] })
  const loss = (a: MetricValue, stage: Stage = 'distill') => summarized(stage, { 'train/loss': [a, a, a] })
  it.each([
    { name: 'a metric without a goal', runs: [rate(1), rate(2)], best: [false, false] },
    { name: 'one run alone', runs: [loss(1)], best: [false] },
    { name: 'equal values', runs: [loss(1), loss(1)], best: [false, false] },
    { name: 'two of three equally good', runs: [loss(1), loss(2), loss(1)], best: [true, false, true] },
    { name: 'NaN', runs: [loss('NaN'), loss(2), loss(3)], best: [false, true, false] },
    { name: 'infinity', runs: [loss('Infinity'), loss(2)], best: [false, true] },
    { name: 'an infinite throughput', runs: [speed('Infinity'), speed(2)], best: [false, true] },
    { name: 'infinities alone', runs: [speed('Infinity'), speed('-Infinity')], best: [false, false] },
    { name: 'different stages', runs: [loss(1), loss(2, 'finetune')], best: [false, false] },
  ])('$name', ({ runs, best }) => expect(metricRows(runs, 'last')[0]?.best).toEqual(best))
})

const result = (top1: number, confusion: number[][]): TestResult => ({
  task: 'classification',
  top1,
  top5: null,
  videos: 4,
  views: 1,
  classes: ['a', 'b'],
  confusion,
})

const labelsOf = (...results: TestResult[]) => compareResults(results).map(({ label }) => label)

describe('compareResults', () => {
  const half = result(0.5, [
    [1, 1],
    [1, 1],
  ])
  it('computes differences to the baseline', () =>
    expect(compareResults([half, null, { ...half, top1: 0.75 }])[0]).toEqual({
      label: 'Top-1',
      cells: [{ share: 0.5, difference: null }, null, { share: 0.75, difference: 0.25 }],
    }))
  it('has no differences if the baseline has no result', () =>
    expect(compareResults([null, half])[0]!.cells).toEqual([null, { share: 0.5, difference: null }]))
  it('shows top-5 and the top-1 of classes with training videos only if a result has them', () => {
    expect(labelsOf(half, half)).toEqual(['Top-1'])
    expect(labelsOf(half, { ...half, top5: 1 })).toEqual(['Top-1', 'Top-5'])
    const untrained = { ...half, trainingVideos: [4, 0] }
    expect(labelsOf(half, untrained)).toEqual(['Top-1', 'Top-1 of classes with training videos'])
    expect(compareResults([half, untrained])[1]?.cells).toEqual([null, { share: 0.5, difference: null }])
  })
  it.each([
    [0.05, '+5.0'],
    [-0.1234, '−12.3'],
    [0.0001, '±0.0'],
  ])('a difference of %s is written %s', (difference, expected) => expect(formatDifference(difference)).toBe(expected))
})
