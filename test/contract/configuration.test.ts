import { expect, test } from 'vitest'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import tiny from '../../resources/presets/tiny.json' with { type: 'json' }

/** Fields that joined after the first runs were written. */
const later = new Set(['accumulationSteps', 'decoderMaskRatio', 'videoTarget', 'publishedPositions', 'headDropout', 'mixProbability', 'cutmixShare', 'publishedCutmix', 'sampling', 'randAugment', 'randAugmentMagnitude', 'randAugmentDeviation', 'randomErasing', 'viewAverage'])

test('a configuration that was written before a field joined means what it meant', () => {
  const early = Object.entries(tiny.configuration).map(([part, values]) => [part, Array.isArray(values) ? values : Object.fromEntries(Object.entries(values).filter(([key]) => !later.has(key)))])
  expect(pipelineConfiguration.parse(Object.fromEntries(early))).toEqual(pipelineConfiguration.parse(tiny.configuration))
})

test('the test samples frames as fine-tuning does', () => {
  const { evaluate } = tiny.configuration
  const result = pipelineConfiguration.safeParse({ ...tiny.configuration, evaluate: { ...evaluate, sampling: 'segments' } })
  expect(result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual(['evaluate.sampling: The test samples frames by segments and fine-tuning by dense; use the same.'])
})

test('pixels in place of the video teacher need no such stage', () => {
  const stages = ['image-teacher', 'distill', 'finetune', 'evaluate']
  const of = (videoTarget: string) => pipelineConfiguration.safeParse({ ...tiny.configuration, stages, distill: { ...tiny.configuration.distill, videoTarget } })
  expect(of('pixels').success).toBe(true)
  expect(of('teacher').error?.issues.map(({ path }) => path.join('.'))).toEqual(['stages'])
})
