import { expect, test } from 'vitest'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { workersOf } from '#contract/configuration/workers.ts'
import tiny from '../../../resources/presets/tiny.json' with { type: 'json' }

/** Fields that joined after the first runs were written. */
const later = new Set([
  'accumulationSteps',
  'decoderMaskRatio',
  'videoTarget',
  'publishedPositions',
  'headDropout',
  'mixProbability',
  'cutmixShare',
  'publishedCutmix',
  'sampling',
  'randAugment',
  'randAugmentMagnitude',
  'randAugmentDeviation',
  'randomErasing',
  'viewAverage',
  'patience',
  'minImprovement',
  'monitor',
])

test('a configuration from before a field was added keeps its meaning', () => {
  const early = Object.entries(tiny.configuration).map(([part, values]) => [
    part,
    Array.isArray(values) ? values : Object.fromEntries(Object.entries(values).filter(([key]) => !later.has(key))),
  ])
  expect(pipelineConfiguration.parse(Object.fromEntries(early))).toEqual(
    pipelineConfiguration.parse(tiny.configuration),
  )
})

test('the test samples frames as fine-tuning does', () => {
  const { evaluate } = tiny.configuration
  const result = pipelineConfiguration.safeParse({
    ...tiny.configuration,
    evaluate: { ...evaluate, sampling: 'segments' },
  })
  expect(result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    'evaluate.sampling: sampling is segments here and dense in the stage finetune, whose model this stage takes. Use the same value.',
  ])
})

test('pixels in place of the video teacher need no such stage', () => {
  const stages = ['image-teacher', 'distill', 'finetune', 'evaluate']
  const of = (videoTarget: string) =>
    pipelineConfiguration.safeParse({
      ...tiny.configuration,
      stages,
      distill: { ...tiny.configuration.distill, videoTarget },
    })
  expect(of('pixels').success).toBe(true)
  expect(of('teacher').error?.issues.map(({ path }) => path.join('.'))).toEqual(['stages'])
})

test('workers have to share every batch evenly, and earlier configurations have one', () => {
  const { workers: _, ...early } = tiny.configuration.general
  const parse = (general: object) =>
    pipelineConfiguration.safeParse({
      ...tiny.configuration,
      stages: ['image-teacher'],
      'image-teacher': { ...tiny.configuration['image-teacher'], batchSize: 6 },
      general: { ...early, ...general },
    })
  expect(parse({}).data?.general.workers).toBe(1)
  expect(parse({ workers: 3 }).success).toBe(true)
  expect(parse({ workers: 4 }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    'general.workers: 4 workers do not divide the batch size 6 of the stage image-teacher. Try 3, or 0 to choose for each stage.',
  ])
})

/** Batches of six. */
const ofSix = (general: object) =>
  pipelineConfiguration.safeParse({
    ...tiny.configuration,
    stages: ['image-teacher'],
    'image-teacher': { ...tiny.configuration['image-teacher'], batchSize: 6 },
    general: { ...tiny.configuration.general, ...general },
  })

test('several cards are for onnx-cuda, and have to share every batch evenly', () => {
  const problems = (general: object) =>
    ofSix(general).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  expect(ofSix({}).data?.general.cards).toBe(1)
  for (const engine of ['auto', 'onnx-cuda']) expect(ofSix({ engine, cards: 3 }).success).toBe(true)
  expect(problems({ cards: 4 })).toEqual([
    'general.cards: 4 cards do not divide the batch size 6 of the stage image-teacher. Try 3.',
  ])
  expect(problems({ engine: 'onnx-webgpu', cards: 2 })).toEqual([
    'general.cards: The engine onnx-webgpu does not compute on several cards. Choose onnx-cuda or auto, or 1 card.',
  ])
})

const withGeneral = (general: object) =>
  pipelineConfiguration.safeParse({ ...tiny.configuration, general: { ...tiny.configuration.general, ...general } })

test('half precision needs an engine that has it, and earlier configurations have float32', () => {
  expect(withGeneral({}).data?.general).toMatchObject({ precision: 'float32', tf32: false })
  for (const engine of ['auto', 'onnx-cuda', 'onnx-webgpu'])
    expect(withGeneral({ engine, precision: 'float16' }).success).toBe(true)
  expect(
    withGeneral({ engine: 'onnx-cpu', precision: 'float16' }).error?.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    ),
  ).toEqual([
    'general.precision: The engine onnx-cpu computes in float32 only. Choose float32, or the engine onnx-cuda or onnx-webgpu on a graphics card.',
  ])
  for (const engine of ['auto', 'onnx-cuda']) expect(withGeneral({ engine, precision: 'bfloat16' }).success).toBe(true)
  expect(
    withGeneral({ engine: 'onnx-webgpu', precision: 'bfloat16' }).error?.issues.map(({ message }) => message),
  ).toEqual([
    'The engine onnx-webgpu computes in float32 or float16 only. Choose float32 or float16, or the engine onnx-cuda on a graphics card.',
  ])
})

test.each([
  { chosen: 3, batchSize: 6, processors: 2, workers: 3 },
  { chosen: 0, batchSize: 6, processors: 2, workers: 2 },
  { chosen: 0, batchSize: 6, processors: 16, workers: 3 },
  { chosen: 0, batchSize: 64, processors: 16, workers: 4 },
  { chosen: 0, batchSize: 7, processors: 4, workers: 1 },
  { chosen: 0, batchSize: 6, processors: 1, workers: 1 },
])(
  '$chosen workers for a batch of $batchSize on $processors processors are $workers',
  ({ chosen, batchSize, processors, workers }) => {
    expect(workersOf(chosen, batchSize, processors)).toBe(workers)
  },
)
