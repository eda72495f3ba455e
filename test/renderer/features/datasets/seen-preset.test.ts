import { expect, test } from 'vitest'
import { stageNames } from '#contract/stages/index.ts'
import { presetToSee } from '#renderer/features/datasets/seen-preset.ts'
import { presets } from '../../support/fake-data.ts'

const named = (name: string) => presets.find((preset) => preset.name === name)!
const [small, large] = [named('demo'), named('tiny')]

test('a clip is shown as by the first preset whose steps are not larger than an epoch', () => {
  const { batchSize, samplesPerVideo } = large.configuration['image-teacher']
  const enough = Math.ceil(batchSize / samplesPerVideo)
  const wide = structuredClone(small)
  wide.configuration['image-teacher'].batchSize = 10 * batchSize
  expect(presetToSee([wide, large], stageNames, enough)).toBe(large)
  expect(presetToSee([wide, large], stageNames, 100 * enough)).toBe(wide)
})

test('if all are larger, or the clip is one of the test, it is the first preset', () => {
  expect(presetToSee([large, small], stageNames, 1)).toBe(large)
  expect(presetToSee([large, small], ['evaluate'], 0)).toBe(large)
  expect(presetToSee([], stageNames, 10)).toBeUndefined()
})
