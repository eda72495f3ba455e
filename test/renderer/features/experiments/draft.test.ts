import { expect, test } from 'vitest'
import { unorganized } from '#contract/domain/organization.ts'
import { runId, type Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { experimentPipelines, launchOf } from '#contract/experiment/plan.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import { runFields, searchKeys } from '#contract/query/run-search.ts'
import {
  checkDraft,
  draftFromPreset,
  type ExperimentDraft,
  labelCounts,
  labelsPerClassText,
  suggestedName,
  withDataset,
} from '#renderer/features/experiments/draft.ts'
import { phaseFilter } from '#renderer/features/experiments/phase-filter.ts'
import { timeLeft } from '#renderer/features/experiments/time-left.ts'
import { falls, fakeRun, presetNamed, presets, shapes } from '../../support/fake-data.ts'
import { fakeExperimentRequest } from '../../support/fake-experiments.ts'

const sources = { datasets: [shapes, falls], presets, taken: new Set(['shapes-teachers-1']) }
const draft = (changes: Partial<ExperimentDraft> = {}): ExperimentDraft => ({
  ...withDataset(draftFromPreset(presetNamed('tiny')), shapes),
  ...changes,
})
const problems = (changes: Partial<ExperimentDraft>) =>
  checkDraft(draft(changes), sources).problems.map(({ field, message }) => `${field}: ${message}`)

test('a draft of a preset and a dataset is a request with all label sets, all starts and a free name', () => {
  const { request } = checkDraft(draft(), sources)
  expect(request).toMatchObject({
    name: 'shapes-teachers-2',
    labels: ['appearance', 'motion'],
    starts: ['image-student', 'video-student', 'both-student', 'videomae', 'scratch'],
    pretrainingSeeds: 3,
    finetuningSeeds: 1,
    probes: true,
  })
  expect(request?.learningRates).toHaveLength(3)
})

test('every problem is named, at its field', () => {
  expect(
    problems({
      name: 'shapes-teachers-1',
      labels: [],
      starts: [],
      pretrainingSeeds: '0',
      finetuningSeeds: 'two',
      learningRates: '0.1, fast',
      layerDecays: '-1',
    }),
  ).toEqual([
    'labels: Choose at least one label set.',
    'name: An experiment, a sweep or a pipeline is already named shapes-teachers-1. Choose another name.',
    'starts: Choose at least one start.',
    'pretrainingSeeds: Enter a whole number of seeds from 1 to 100.',
    'finetuningSeeds: Enter a whole number of seeds from 1 to 100.',
    'learningRates: “fast” is not a number above zero. Separate numbers by commas.',
    'layerDecays: “-1” is not a number above zero. Separate numbers by commas.',
  ])
  expect(problems({ dataset: null })).toEqual(['dataset: Choose a dataset.'])
  expect(problems({ labels: ['gone'] })).toEqual(['labels: The dataset no longer has the label set gone. Deselect it.'])
  expect(problems({ base: { kind: 'preset', preset: 'gone' } })).toEqual([
    'configuration: The preset gone no longer exists. Choose another one.',
  ])
  expect(problems({ learningRates: '0.1, 0.1' })).toEqual(['learningRates: 0.1 is listed twice.'])
})

test('the values of a pipeline are taken without the model that its fine-tuning started from', () => {
  const { configuration } = presetNamed('demo')
  const request = {
    dataset: 'shapes',
    preset: 'demo',
    configuration: {
      ...configuration,
      finetune: { ...configuration.finetune, initialization: 'checkpoint' as const },
      inputs: { model: 'other', imageTeacher: 'mae-base' },
    },
  }
  const checked = checkDraft(draft({ base: { kind: 'run', id: 'a.finetune', request } }), sources)
  expect(checked.problems).toEqual([])
  expect(checked.request).toMatchObject({ preset: 'demo', configuration: { inputs: { imageTeacher: 'mae-base' } } })
  expect(checked.request?.configuration.inputs.model).toBeUndefined()
})

test('a chosen dataset keeps label sets of the same names', () => {
  const chosen = withDataset(draft({ labels: ['motion'] }), shapes)
  expect(chosen.labels).toEqual(['motion'])
  expect(withDataset(chosen, falls).labels).toEqual(['folders'])
  expect(labelCounts(shapes, 'motion')).toHaveLength(8)
  expect([labelsPerClassText([2, 2]), labelsPerClassText([2, 5]), labelsPerClassText([])]).toEqual(['2', '2–5', ''])
  expect(suggestedName({ dataset: null }, new Set())).toBe('data-teachers-1')
})

const request = fakeExperimentRequest({})
const planned = experimentPipelines(request)
const pipelines = planned.map((pipeline): Pipeline => ({
  ...launchOf(request, pipeline, { learningRate: 0.001, layerDecay: 1 })!,
  id: pipeline.name,
  labels: pipeline.labels,
  createdAt: '2026-11-23T10:00:00Z',
  datasetDigest: '',
  runIds: pipeline.stages.map((stage) => runId(pipeline.name, stage)),
  organization: unorganized,
}))
const runs = planned.flatMap(({ name, stages, phase }, index) =>
  stages.map((stage) => ({ phase, run: { ...fakeRun(pipelines[index]!, stage, {}), id: runId(name, stage) } })),
)

test.each(['teachers', 'students', 'selection', 'final'] as const)(
  'the filter of %s finds its runs and no other',
  (phase) => {
    const filter = phaseFilter(request, phase)!
    const { found, problems: unclear } = searchBy(
      runs.map(({ run }) => run),
      filter,
      runFields(
        pipelines,
        searchKeys(
          runs.map(({ run }) => run),
          pipelines,
        ),
      ),
    )
    expect(unclear).toEqual([])
    expect(found.map(({ id }) => id)).toEqual(runs.flatMap(({ run, phase: own }) => (own === phase ? [run.id] : [])))
  },
)

test('probes are no runs', () => expect(phaseFilter(request, 'probes')).toBeUndefined())

test('the time left takes the mean duration of finished runs of the same stage, and says what is unknown', () => {
  const small = fakeExperimentRequest({
    labels: ['motion-8'],
    starts: ['scratch'],
    learningRates: [],
    layerDecays: [],
    pretrainingSeeds: 3,
  })
  const [first, second, third] = experimentPipelines(small).map(({ name }) => name)
  const known = new Map<string, Run>()
  const add = (name: string | undefined, stage: 'finetune' | 'evaluate', facts: Partial<Run>) =>
    known.set(`${name}.${stage}`, fakeRun(pipelines[0]!, stage, facts))
  expect(timeLeft(small, (id) => known.get(id))).toEqual({ durationMs: 0, unknownRuns: 6 })
  add(first, 'finetune', { status: 'finished', durationMs: 10_000 })
  add(second, 'finetune', { status: 'running', durationMs: 4000, remainingMs: null })
  add(third, 'finetune', { status: 'running', durationMs: 4000, remainingMs: 1000 })
  expect(timeLeft(small, (id) => known.get(id))).toEqual({ durationMs: 6000 + 1000, unknownRuns: 3 })
})
