import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'
import type { ExperimentSummary } from '#contract/experiment/progress.ts'
import { type ExperimentRequest, experimentRequest } from '#contract/experiment/request.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  type TestStudio,
  untilRun,
} from '../support.ts'

const csv = (classes: readonly string[]): string =>
  [
    'path,split,motion,few',
    ...classes.flatMap((name) =>
      ['train', 'train', 'train', 'train', 'validation', 'test'].map(
        (split, index) => `${name}${index}.mp4,${split},${name},${split === 'train' && index > 1 ? '' : name}`,
      ),
    ),
  ].join('\n')

const files = (classes: readonly string[]): Record<string, string> => ({
  'labels.csv': csv(classes),
  ...Object.fromEntries(
    classes.flatMap((name) => Array.from({ length: 6 }, (_, index) => [`${name}${index}.mp4`, `${name} ${index}`])),
  ),
})

const requestOf = (change: Partial<ExperimentRequest> = {}): ExperimentRequest =>
  experimentRequest.parse({
    name: 'abl',
    dataset: 'shapes',
    labels: ['motion', 'few'],
    preset: 'tiny',
    configuration: requestFor('shapes').configuration,
    starts: ['both-student', 'scratch'],
    pretrainingSeeds: 2,
    learningRates: [0.1, 0.2],
    ...change,
  })

async function openWithDataset(settings: Parameters<typeof openTestStudio>[1] = {}) {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, settings)
  await importFolder(studio, folderOf(files(['a', 'b'])))
  return { workspace, studio }
}

async function untilExperiment(
  { client }: TestStudio,
  isReached: (experiment: ExperimentSummary) => boolean,
): Promise<ExperimentSummary> {
  for await (const event of await client.experiments.watch({})) {
    const changed = event.type === 'snapshot' ? event.experiments : event.type === 'changed' ? [event.experiment] : []
    const found = changed.find(isReached)
    if (found !== undefined) return found
  }
  throw new Error('The stream of experiments ended.')
}

const untilEnd = (studio: TestStudio) => untilExperiment(studio, ({ status }) => status !== 'running')

test('an experiment trains everything once, chooses on validation, tests, probes, and is computed from the database', async () => {
  const { studio, workspace } = await openWithDataset()
  const request = requestOf()
  const plan = await studio.client.experiments.plan(request)
  expect(plan.phases).toEqual([
    { phase: 'teachers', pipelines: 2, runs: 4 },
    { phase: 'students', pipelines: 2, runs: 2 },
    { phase: 'selection', pipelines: 8, runs: 8 },
    { phase: 'final', pipelines: 8, runs: 12 },
    { phase: 'probes', pipelines: 0, runs: 4 },
  ])
  await studio.client.experiments.launch(request)
  const { status, problems, phases, pipelineIds } = await untilEnd(studio)
  expect(problems).toEqual([])
  expect(status).toBe('finished')
  expect(phases.map(({ phase, total, finished }) => [phase, total, finished])).toEqual(
    plan.phases.map(({ phase, runs }) => [phase, runs, runs]),
  )
  expect(pipelineIds).toHaveLength(20)
  const runs = await studio.client.runs.list({})
  expect(runs).toHaveLength(plan.runCount)
  expect(runs.every(({ attempt }) => attempt === 1)).toBe(true)

  const { result } = await studio.client.experiments.get({ id: 'abl' })
  const [motion, few] = result.labelSets
  expect(motion?.starts.map(({ start, tuning, top1 }) => [start, tuning?.learningRate, top1.mean, top1.seeds])).toEqual(
    [
      ['both-student', 0.2, 0.5, 2],
      ['scratch', 0.2, 0.5, 2],
    ],
  )
  expect(motion?.differences[0]).toMatchObject({ difference: 0, interval: 0, pairs: [{ seed: 0 }, { seed: 1 }] })
  expect(few?.labelsPerClass).toEqual({ mean: 2, fewest: 2, most: 2 })
  expect(result.similarities[0]?.distances.map(({ cosine }) => cosine.mean)).toEqual([1, 0.5])
  expect(result.engines).toEqual(['counting'])
  // The runs are found as one group, and their pipelines name the experiment.
  const { ids } = await studio.client.runs.search({ query: 'group = abl' })
  expect(ids).toHaveLength(runs.length)
  expect(JSON.parse(readFileSync(join(workspace, 'pipelines', 'abl-teachers-s1.json'), 'utf8'))).toMatchObject({
    group: 'abl',
    experiment: 'abl',
    configuration: { general: { seed: 1 } },
  })

  // A finished experiment stays as it is: a removed pipeline is not trained again by itself.
  await studio.client.trash.put({ items: [{ kind: 'pipeline', id: 'abl-few-scratch-s1-f1' }] })
  await studio.close()
  const again = await openTestStudio(workspace)
  const [reopened] = await again.client.experiments.list({})
  expect(reopened).toMatchObject({
    status: 'blocked',
    problems: [{ kind: 'removed', pipelineIds: ['abl-few-scratch-s1-f1'] }],
  })
})

test('what fails stops only what depends on it, is said, and continues with a resume', async () => {
  const { studio, workspace } = await openWithDataset()
  writeFileSync(join(workspace, 'runs', 'child.json'), JSON.stringify({ crashAt: 0 }))
  const request = requestOf({ pretrainingSeeds: 1, labels: ['motion'], probes: false })
  const crashing = 'abl-motion-both-student-r0p1-d0p75.finetune'
  await studio.client.experiments.launch(request)
  await untilRun(studio, crashing, ({ status }) => status === 'queued')
  writeFileSync(join(workspace, 'runs', crashing, 'child.json'), JSON.stringify({ crashAt: 2 }))
  const blocked = await untilEnd(studio)
  expect(blocked.status).toBe('blocked')
  expect(blocked.problems).toMatchObject([{ kind: 'run', runId: crashing, status: 'interrupted' }])
  const done = await studio.client.experiments.get({ id: 'abl' })
  expect(done.result.labelSets[0]?.starts.map(({ start, top1 }) => [start, top1.mean])).toEqual([
    ['both-student', null],
    ['scratch', 0.5],
  ])
  await studio.client.experiments.resume({ id: 'abl' })
  const resumed = await untilEnd(studio)
  expect(resumed).toMatchObject({ status: 'finished', problems: [] })
  const attempts = (await studio.client.runs.list({})).filter(({ attempt }) => attempt > 1).map(({ id }) => id)
  expect(attempts).toEqual([crashing])
})

test('a grid point that diverges is not chosen, and said', async () => {
  const { studio, workspace } = await openWithDataset()
  const diverging = 'abl-motion-scratch-r0p2-d0p75.finetune'
  await studio.client.experiments.launch(requestOf({ pretrainingSeeds: 1, labels: ['motion'], probes: false }))
  writeFileSync(join(workspace, 'runs', diverging, 'child.json'), JSON.stringify({ failAt: 2, failCode: 'diverged' }))
  expect(await untilEnd(studio)).toMatchObject({ status: 'finished', problems: [] })
  const { result } = await studio.client.experiments.get({ id: 'abl' })
  expect(result.labelSets[0]?.starts.map(({ tuning }) => tuning?.learningRate)).toEqual([0.2, 0.1])
  expect(result.notes).toContainEqual({ kind: 'diverged', runIds: [diverging] })
})

test('stopped, it stays stopped when the studio opens again, until it is resumed', async () => {
  const { studio, workspace } = await openWithDataset({ steps: 200, stepMs: 5 })
  await studio.client.experiments.launch(requestOf({ probes: false }))
  await untilRun(studio, 'abl-teachers-s0.image-teacher', ({ status }) => status === 'running')
  await studio.client.experiments.stop({ id: 'abl' })
  const stopped = await untilEnd(studio)
  expect(stopped).toMatchObject({ status: 'stopped', problems: [] })
  await studio.close()
  const again = await openTestStudio(workspace)
  expect((await again.client.experiments.list({})).map(({ status }) => status)).toEqual(['stopped'])
  await again.client.experiments.resume({ id: 'abl' })
  expect((await untilEnd(again)).status).toBe('finished')
})

test('what cannot be launched is refused before anything is launched', async () => {
  const { studio, workspace } = await openWithDataset()
  const { client } = studio
  const refused = (change: Partial<ExperimentRequest>) => refusal(client.experiments.launch(requestOf(change)))
  expect(await refused({ labels: ['motion', 'none'] })).toContain('no label set called none')
  expect(await refused({ dataset: 'nothing' })).toContain('There is no dataset nothing.')
  await importFolder(studio, folderOf({ 'a/1.mp4': '1', 'a/2.mp4': '2', 'b/1.mp4': '3', 'b/2.mp4': '4' }), 'small', {
    ...defaultDrawing,
    seed: 1,
  })
  const { labelSets, balance } = await client.datasets.get({ name: 'small' })
  expect(balance.every(({ validation }) => validation === 0)).toBe(true)
  expect(await refused({ dataset: 'small', labels: [labelSets[0]?.name ?? ''] })).toContain(
    'so rates and decays cannot be chosen',
  )
  await client.pipelines.launch({ ...requestFor('shapes'), labels: 'motion', name: 'abl-scratch-s0' })
  await client.pipelines.launch({ ...requestFor('shapes'), labels: 'motion', name: 'abl-teachers-s1' })
  expect(await refused({})).toContain('There is already a pipeline called abl-teachers-s1')
  expect(existsSync(join(workspace, 'experiments'))).toBe(false)
  expect(readdirSync(join(workspace, 'pipelines'))).toEqual(['abl-scratch-s0.json', 'abl-teachers-s1.json'])
})

test('nothing is launched on another version of the dataset', async () => {
  const { studio, workspace } = await openWithDataset({ steps: 200, stepMs: 5 })
  await studio.client.experiments.launch(requestOf({ probes: false, pretrainingSeeds: 1 }))
  await studio.client.experiments.stop({ id: 'abl' })
  await untilEnd(studio)
  await studio.close()
  const file = join(workspace, 'experiments', 'abl.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"datasetDigest": "[^"]+"/, '"datasetDigest": "other"'))
  writeFileSync(join(workspace, 'runs', 'child.json'), '{}')
  const again = await openTestStudio(workspace)
  await again.client.experiments.resume({ id: 'abl' })
  const ended = await untilEnd(again)
  expect(ended.status).toBe('blocked')
  expect(ended.problems).toEqual([{ kind: 'dataset-changed', dataset: 'shapes', isRemoved: false }])
  const { result } = await again.client.experiments.get({ id: 'abl' })
  expect(result.notes.map(({ kind }) => kind)).toContain('dataset-changed')
})

test('the cost sums the measured stages over the runs of each phase', async () => {
  const { studio } = await openWithDataset()
  for await (const event of await studio.client.experiments.cost(requestOf())) {
    if (event.type !== 'done') continue
    // The stand-in takes three seconds for each run.
    expect(event.phases.map(({ phase, runs, durationMs }) => [phase, runs, durationMs])).toEqual([
      ['teachers', 4, 12_000],
      ['students', 2, 6000],
      ['selection', 8, 24_000],
      ['final', 12, 36_000],
    ])
    expect(event.durationMs).toBe(78_000)
  }
})

test('an experiment is forgotten when nothing of it computes; its runs stay', async () => {
  const { studio } = await openWithDataset({ steps: 200, stepMs: 5 })
  await studio.client.experiments.launch(requestOf({ probes: false, pretrainingSeeds: 1 }))
  expect(await refusal(studio.client.experiments.remove({ id: 'abl' }))).toContain('experiment stop')
  await studio.client.experiments.stop({ id: 'abl' })
  await untilEnd(studio)
  await studio.client.experiments.remove({ id: 'abl' })
  expect(await studio.client.experiments.list({})).toEqual([])
  expect((await studio.client.runs.list({})).length).toBeGreaterThan(0)
})
