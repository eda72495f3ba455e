import { describe, expect, it } from 'vitest'
import type { Checkpoint, TensorFacts } from '#contract/domain/checkpoint.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import { searchModels } from '#renderer/features/checkpoints/filter.ts'
import { addCheckpoints } from '#renderer/features/runs/topics.ts'
import { exportBase, exportName, describeDifference } from '#renderer/ui/model/exports.ts'
import { arrangeTensors, formatShape, valuesIn, type TensorOrder } from '#renderer/ui/model/tensors.ts'
import { joinPath } from '#renderer/ui/suggest-name.ts'
import { allStages, fakePipeline, falls, presetNamed } from '../../support/fake-data.ts'

const { distill, clip } = presetNamed('tiny').configuration
const model = modelOfTask({ stage: 'distill', configuration: distill }, clip, null)

const checkpoint = (runId: string, step: number, isFinal = false): Checkpoint => ({
  id: `${runId}@${step}`,
  runId,
  pipelineId: runId.split('.')[0]!,
  stage: runId.endsWith('distill') ? 'distill' : 'finetune',
  dataset: 'shapes',
  model,
  licenceNotes: [],
  step,
  epoch: step / 10,
  createdAt: new Date(Date.UTC(2026, 0, 1) + step * 1000).toISOString(),
  sizeBytes: 100,
  metrics: { 'train/loss': 10 / step },
  inputs: {},
  isFinal,
})
const pipeline = fakePipeline('demo', 'tiny', falls, null, allStages, 0)
const list = [
  checkpoint('demo.distill', 10),
  checkpoint('demo.distill', 20, true),
  checkpoint('falls.finetune', 30, true),
]

const search = (query: string, isFinalOnly = false) =>
  searchModels({ checkpoints: list, models: [], pipelines: [pipeline] }, query, isFinalOnly)

describe('searchModels', () => {
  it.each([
    { query: '', isFinalOnly: false, ids: ['falls.finetune@30', 'demo.distill@20', 'demo.distill@10'] },
    { query: 'distillation', isFinalOnly: false, ids: ['demo.distill@20', 'demo.distill@10'] },
    { query: 'DEMO @10', isFinalOnly: false, ids: ['demo.distill@10'] },
    { query: 'shapes', isFinalOnly: true, ids: ['falls.finetune@30', 'demo.distill@20'] },
    { query: 'nothing', isFinalOnly: false, ids: [] },
    { query: 'step >= 20 and stage:distillation', isFinalOnly: false, ids: ['demo.distill@20'] },
    { query: 'is:final', isFinalOnly: false, ids: ['falls.finetune@30', 'demo.distill@20'] },
    { query: 'distill.maskRatio = 90%', isFinalOnly: false, ids: ['demo.distill@20', 'demo.distill@10'] },
    { query: 'train.loss < 0.5', isFinalOnly: false, ids: ['falls.finetune@30'] },
    { query: 'has:name', isFinalOnly: false, ids: [] },
    { query: 'layout:student', isFinalOnly: true, ids: ['falls.finetune@30', 'demo.distill@20'] },
  ])('"$query", final only: $isFinalOnly', ({ query, isFinalOnly, ids }) =>
    expect(search(query, isFinalOnly).checkpoints.map(({ id }) => id)).toEqual(ids),
  )
})

it('addCheckpoints keeps one of each id, the newer, by step', () => {
  const added = addCheckpoints(
    [checkpoint('a.distill', 20), checkpoint('a.distill', 30)],
    [checkpoint('a.distill', 20, true), checkpoint('a.distill', 10)],
  )
  expect(added.map(({ step, isFinal }) => [step, isFinal])).toEqual([
    [10, false],
    [20, true],
    [30, false],
  ])
})

const tensor = (name: string, shape: number[]): TensorFacts => ({
  name,
  dtype: 'F32',
  shape,
  sizeBytes: 4 * shape.reduce((a, b) => a * b, 1),
  mean: 0,
  standardDeviation: 1,
  min: -1,
  max: 1,
  nonFinite: 0,
})
const tensors = [tensor('blocks.10.weight', [4, 4]), tensor('blocks.2.weight', [2]), tensor('norm.bias', [8])]

describe('tensors', () => {
  it.each<{ search: string; order: TensorOrder; names: string[] }>([
    { search: '', order: 'file', names: ['blocks.10.weight', 'blocks.2.weight', 'norm.bias'] },
    { search: '', order: 'name', names: ['blocks.2.weight', 'blocks.10.weight', 'norm.bias'] },
    { search: '', order: 'size', names: ['blocks.10.weight', 'norm.bias', 'blocks.2.weight'] },
    { search: 'WEIGHT 2', order: 'file', names: ['blocks.2.weight'] },
    { search: 'x', order: 'file', names: [] },
  ])('"$search" by $order', ({ search, order, names }) =>
    expect(arrangeTensors(tensors, search, order).map(({ name }) => name)).toEqual(names),
  )
  it.each([
    { shape: [96, 3, 2, 16, 16], text: '96 × 3 × 2 × 16 × 16', values: 147_456 },
    { shape: [], text: 'scalar', values: 1 },
    { shape: [0, 4], text: '0 × 4', values: 0 },
  ])('shape $shape', ({ shape, text, values }) =>
    expect([formatShape(shape), valuesIn({ shape })]).toEqual([text, values]),
  )
})

describe('the path of an export', () => {
  const base = exportBase(checkpoint('demo.distill', 420))
  it.each([
    ['safetensors', 'demo-distill-step-420.safetensors'],
    ['pytorch', 'demo-distill-step-420.pth'],
    ['huggingface', 'demo-distill-step-420-huggingface'],
    ['onnx', 'demo-distill-step-420.onnx'],
    ['tfjs', 'demo-distill-step-420-tfjs'],
  ] as const)('names what is in a %s', (format, name) => expect(exportName(base, format)).toBe(name))
  it.each([
    ['/home/ada', '/home/ada/a.safetensors'],
    ['/home/ada/', '/home/ada/a.safetensors'],
    ['/', '/a.safetensors'],
    ['C:\\models', 'C:\\models\\a.safetensors'],
  ])('in %s', (folder, path) => expect(joinPath(folder, 'a.safetensors')).toBe(path))
})

describe('how an export compares', () => {
  it.each([
    [{ maxDifference: 0, output: 'logits', largestOutput: 2 }, 'identical to the checkpoint'],
    [
      { maxDifference: 1.24e-6, output: 'last_block', largestOutput: 3.7123 },
      'at most 1.2e-6 in last block, whose largest value is 3.71',
    ],
  ])('is said in words', (difference, words) => expect(describeDifference(difference)).toBe(words))
})
