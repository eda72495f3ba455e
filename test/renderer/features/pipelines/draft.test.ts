import { describe, expect, test } from 'vitest'
import {
  changedFields,
  draftFrom,
  usedSections,
  withDataset,
  withField,
  withPreset,
  withStage,
} from '#renderer/features/pipelines/draft.ts'
import { totalCost } from '#renderer/features/pipelines/use-cost.ts'
import { falls, presetNamed, shapes } from '../../support/fake-data.ts'

const preset = presetNamed('tiny')
const draft = draftFrom(preset)

describe('a draft', () => {
  test('starts as a copy of its preset', () => {
    const edited = withField(draft, 'clip', 'patchSize', 13)
    expect(edited.configuration.clip.patchSize).toBe(13)
    expect(draft.configuration).toEqual(preset.configuration)
    expect(changedFields(draft.configuration, preset.configuration)).toEqual(new Set())
  })

  test('lists the fields that differ from the preset', () => {
    const edited = withStage(
      withField(withField(draft, 'clip', 'patchSize', 8), 'distill', 'maskRatio', null),
      'evaluate',
      false,
    )
    expect(changedFields(edited.configuration, preset.configuration)).toEqual(
      new Set(['stages', 'clip.patchSize', 'distill.maskRatio']),
    )
    const restored = withField(edited, 'clip', 'patchSize', preset.configuration.clip.patchSize)
    expect(changedFields(restored.configuration, preset.configuration)).toEqual(
      new Set(['stages', 'distill.maskRatio']),
    )
  })

  test('keeps the order of the stages', () => {
    const off = withStage(withStage(draft, 'image-teacher', false), 'distill', false)
    expect(off.configuration.stages).toEqual(['video-teacher', 'finetune', 'evaluate'])
    expect(withStage(withStage(off, 'distill', true), 'image-teacher', true).configuration.stages).toEqual(
      preset.configuration.stages,
    )
  })

  test('takes every value of another preset and keeps data and name', () => {
    const edited = { ...withField(withDataset(draft, shapes), 'clip', 'patchSize', 8), name: 'mine' }
    const other = presetNamed('b-from-b-kinetics-400')
    expect(withPreset(edited, other)).toEqual({
      name: 'mine',
      dataset: 'shapes',
      labels: 'appearance',
      preset: 'b-from-b-kinetics-400',
      configuration: other.configuration,
    })
  })

  test('keeps the label set of the same name on another dataset, or else takes the first', () => {
    const motion = { ...withDataset(draft, shapes), labels: 'motion' }
    expect(withDataset(motion, { ...shapes, name: 'copy' }).labels).toBe('motion')
    expect(withDataset(motion, falls).labels).toBe('folders')
    expect(withDataset(motion, { ...falls, labelSets: [] }).labels).toBeNull()
  })

  test('uses the sections general, clip and those of its stages', () =>
    expect(usedSections(['evaluate', 'finetune'])).toEqual(['general', 'clip', 'finetune', 'evaluate']))
})

test('the total cost is the sum of durations and the largest memory', () => {
  const cost = { stage: 'distill' as const, parameters: 1, secondsPerStep: 0.1, engine: 'onnx-cpu' }
  expect(
    totalCost([
      { ...cost, steps: 10, durationMs: 1000, memoryBytes: 5 },
      { ...cost, steps: 20, durationMs: 500, memoryBytes: 9 },
    ]),
  ).toEqual({ steps: 30, durationMs: 1500, memoryBytes: 9 })
  expect(totalCost([])).toEqual({ steps: 0, durationMs: 0, memoryBytes: 0 })
})
