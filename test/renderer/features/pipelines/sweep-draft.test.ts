import { expect, test } from 'vitest'
import { warmupShareOf, withField, withWarmupShare } from '#renderer/features/pipelines/draft.ts'
import { findFields } from '#renderer/features/pipelines/form-model.ts'
import { changesSince, draftFromOrigin, overridesSince } from '#renderer/features/pipelines/origin.ts'
import { draftedSweep, firstText, isSweep, noSweep } from '#renderer/features/pipelines/sweep-draft.ts'
import { presets } from '../../support/fake-data.ts'

const preset = presets[0]!
const request = { name: 'masks', dataset: 'shapes', preset: preset.name, configuration: preset.configuration }
const origin = { request: { ...request, fromRun: 'first.distill' }, differences: [] }

test('values of a text become a sweep with its size', () => {
  const draft = { ...noSweep, varied: { 'distill.maskRatio': '0.5, 0.75' }, seeds: 2 }
  expect(isSweep(draft)).toBe(true)
  const { request: sweep, problems, pipelineCount, runCount, savedRuns } = draftedSweep(request, draft)
  expect(sweep).toMatchObject({ name: 'masks', axes: [{ field: 'distill.maskRatio', values: [0.5, 0.75] }], seeds: 2 })
  expect({ problems, pipelineCount, runCount, savedRuns }).toEqual({
    problems: [],
    pipelineCount: 6,
    runCount: 16,
    savedRuns: 4,
  })
})

test('a range is drawn from, and what cannot be read is refused', () => {
  const varied = (text: string, draws = 0) =>
    draftedSweep(request, { ...noSweep, varied: { 'distill.learningRate': text }, draws })
  expect(varied('1e-5..1e-3:log', 4)).toMatchObject({
    request: { axes: [{ from: 1e-5, to: 1e-3, scale: 'log' }], random: { count: 4, seed: 0 } },
    problems: [],
  })
  expect(varied('1e-5, x').problems).toMatchObject([{ field: 'distill.learningRate' }])
  expect(draftedSweep({ ...request, name: undefined }, { ...noSweep, seeds: 2 }).problems).toMatchObject([
    { field: 'name' },
  ])
})

test('choices begin with all of their values', () => {
  expect(firstText('distill.loss', 'l1')).toBe('smooth-l1, l1, l2, cosine')
  expect(firstText('finetune.flip', true)).toBe('true, false')
  expect(firstText('distill.maskRatio', 0.5)).toBe('0.5')
})

test('a draft from a run lists what it changes', () => {
  const same = draftFromOrigin(origin)
  expect(changesSince(origin, same)).toEqual([])
  const changed = { ...withField(same, 'distill', 'maskRatio', 0.25), dataset: 'falls' }
  expect(changesSince(origin, changed)).toEqual([
    { field: 'dataset', before: 'shapes', after: 'falls' },
    { field: 'distill.maskRatio', before: String(preset.configuration.distill.maskRatio), after: '0.25' },
  ])
  expect(overridesSince(origin, changed)).toEqual({ 'distill.maskRatio': 0.25 })
})

test('a linked warm-up keeps its share of the epochs', () => {
  const before = withField(withField(draftFromOrigin(origin), 'finetune', 'epochs', 100), 'finetune', 'warmupEpochs', 5)
  const share = warmupShareOf(before, 'finetune')!
  const after = withField(before, 'finetune', 'epochs', 50)
  expect(withWarmupShare(after, 'finetune', share).configuration.finetune['warmupEpochs']).toBe(2.5)
  expect(warmupShareOf(withField(before, 'finetune', 'epochs', null), 'finetune')).toBe(null)
})

const found = (search: string): string[] => findFields(search).map(({ section, field }) => `${section}.${field.key}`)

test('fields are found by name, label and help', () => {
  expect(found('distill.maskRatio')).toContain('distill.maskRatio')
  expect(found('warm-up finetune')).toContain('finetune.warmupEpochs')
  expect(found('RandAugment')).toContain('finetune.randAugmentMagnitude')
  expect(found('no such field')).toEqual([])
})
