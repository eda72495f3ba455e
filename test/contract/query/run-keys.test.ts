import { describe, expect, it } from 'vitest'
import type { MetricSummary } from '#contract/domain/metric.ts'
import { unorganized } from '#contract/domain/organization.ts'
import type { Run } from '#contract/domain/run.ts'
import { parametersOfRun } from '#contract/query/parameter-keys.ts'
import { runKeys, valueOf } from '#contract/query/run-keys.ts'
import { makeConfiguration, makeRun } from './support.ts'

const summary = (name: string, values: Partial<MetricSummary>): MetricSummary => ({
  name,
  last: 1,
  lastStep: 10,
  min: 1,
  max: 1,
  count: 10,
  ...values,
})
const configuration = makeConfiguration()
const pipeline = {
  id: 'shapes-1',
  configuration,
  organization: {
    ...unorganized,
    name: 'First try',
    tags: ['ablation', 'seed'],
    note: 'of the pipeline',
    isArchived: true,
  },
}
const distill = makeRun({
  id: 'shapes-1.distill',
  stage: 'distill',
  durationMs: 7_200_000,
  organization: { ...unorganized, name: 'Student', tags: ['best', 'seed'], colour: 'teal', isStarred: true },
})
const test = makeRun({
  id: 'shapes-1.evaluate',
  stage: 'evaluate',
  summaries: [
    summary('validation/loss', { last: 0.5, min: 0.2, max: 3 }),
    summary('train/loss', { last: 0.1, min: 0.05, max: 4, atBestValidation: 0.3 }),
    summary('test/top1', { last: 61, min: 61, max: 61 }),
    summary('optimizer/learning-rate', { last: 'NaN' }),
  ],
})
const keys = runKeys([distill, test], [pipeline])
const named = (key: string) => keys.find((candidate) => candidate.key === key)

describe('keys of runs', () => {
  it.each([
    ['status', { kind: 'text', source: 'run', label: 'Status' }],
    ['created', { kind: 'time' }],
    ['duration', { kind: 'number', unit: 's' }],
    ['general.seed', { kind: 'number', source: 'parameter', values: ['3'] }],
    ['distill.normalizeTargets', { kind: 'flag', values: ['on', 'off'] }],
    ['distill.loss', { kind: 'text', values: ['smooth-l1', 'l1', 'l2', 'cosine'] }],
    ['test.top1', { source: 'metric', metric: 'test/top1', unit: '%', goal: 'maximize' }],
    ['test.top1.best', { source: 'metric', reduction: 'best', label: 'Test top-1 (best)' }],
    ['train.loss.at-best-validation', { reduction: 'at-best-validation' }],
  ])('has %s', (key, expected) => expect(named(key)).toMatchObject(expected))

  it('offers the values of texts', () => expect(named('pipeline')?.values).toEqual(['shapes-1']))
  it('has no best value of a metric without a goal', () => {
    expect(named('optimizer.learning-rate.min')).toBeDefined()
    expect(named('optimizer.learning-rate.best')).toBeUndefined()
  })
  it('offers tags one by one', () => expect(named('tag')?.values).toEqual(['ablation', 'best', 'seed']))
  it('has each key once', () => expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length))
  it('has only hyperparameters on which some run depends', () => {
    const ofDistillation = runKeys([distill], [pipeline]).map(({ key }) => key)
    expect(ofDistillation).toContain('image-teacher.width')
    expect(ofDistillation).not.toContain('finetune.mixup')
  })
  it('has no hyperparameters of a run whose pipeline is unknown', () =>
    expect(runKeys([distill], []).some(({ source }) => source === 'parameter')).toBe(false))
})

describe('value of a key', () => {
  it.each<[string, Run, string | number | null]>([
    ['stage', test, 'evaluate'],
    ['duration', distill, 7200],
    ['distill.maskRatio', test, 0.9],
    ['distill.normalizeTargets', test, 0],
    ['finetune.mixup', distill, null],
    ['test.top1', test, 61],
    ['test.top1', distill, null],
    ['validation.loss', test, 0.2],
    ['validation.loss.last', test, 0.5],
    ['validation.loss.best', test, 0.2],
    ['train.loss', test, 0.1],
    ['train.loss.max', test, 4],
    ['train.loss.best', test, 0.05],
    ['train.loss.at-best-validation', test, 0.3],
    ['validation.loss.at-best-validation', test, null],
    ['optimizer.learning-rate', test, Number.NaN],
    ['no.such.key', test, null],
    ['name', distill, 'Student'],
    ['name', test, 'First try'],
    ['tag', distill, 'ablation, best, seed'],
    ['note', distill, 'of the pipeline'],
    ['colour', distill, 'teal'],
    ['colour', test, null],
    ['star', distill, 1],
    ['star', test, 0],
    ['archived', test, 1],
  ])('%s', (key, run, expected) => expect(valueOf(key, run, pipeline)).toEqual(expected))

  it('is the result of a test that recorded no metric', () => {
    const result = {
      task: 'classification',
      top1: 0.25,
      top5: null,
      videos: 4,
      views: 4,
      classes: ['a'],
      confusion: [[1]],
    }
    const old = makeRun({ stage: 'evaluate', result: result as Run['result'] })
    expect([valueOf('test.top1', old, pipeline), valueOf('test.top1.last', old, pipeline)]).toEqual([25, 25])
    expect(runKeys([old], []).map(({ key }) => key)).toContain('test.top1')
  })

  it('agrees with the list of hyperparameters of a run', () => {
    for (const run of [distill, test])
      for (const [key, value] of parametersOfRun(run.stage, configuration))
        expect(valueOf(key, run, pipeline)).toBe(value)
  })
})
