import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sweepRequest } from '#contract/sweep/request.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../support.ts'

async function openWithDataset() {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  return { studio, pipelineFiles: () => readdirSync(join(workspace, 'pipelines')).toSorted() }
}

const sweepOf = (change: object, base: object = requestFor('shapes')) =>
  sweepRequest.parse({ name: 'masks', base, ...change })
const ratios = { field: 'distill.maskRatio', values: [0.5, 0.75] }

test('a sweep launches the shared teachers and a pipeline for each value, all in one group', async () => {
  const { studio } = await openWithDataset()
  const sweep = sweepOf({ axes: [ratios] })
  const plan = await studio.client.pipelines.checkSweep(sweep)
  expect(plan).toMatchObject({ runCount: 8, unsharedRunCount: 10 })
  const launched = await studio.client.pipelines.sweep(sweep)
  expect(launched.map(({ id, group, overrides, runIds }) => ({ id, group, overrides, runs: runIds.length }))).toEqual([
    { id: 'masks-shared', group: 'masks', overrides: {}, runs: 2 },
    { id: 'masks-mask-ratio-0p5', group: 'masks', overrides: { 'distill.maskRatio': 0.5 }, runs: 3 },
    { id: 'masks-mask-ratio-0p75', group: 'masks', overrides: { 'distill.maskRatio': 0.75 }, runs: 3 },
  ])
  expect(launched.map(({ id }) => id)).toEqual(plan.pipelines.map(({ name }) => name))
  const last = 'masks-mask-ratio-0p75.distill'
  expect((await studio.client.runs.get({ id: last })).file).toMatchObject({
    inputs: { imageTeacher: 'masks-shared.image-teacher', videoTeacher: 'masks-shared.video-teacher' },
    task: { configuration: { maskRatio: 0.75 } },
  })
  await untilStatus(studio, last, 'finished')
})

test('runs are found by their sweep', async () => {
  const { studio } = await openWithDataset()
  await studio.client.pipelines.launch({ ...requestFor('shapes'), name: 'alone' })
  await studio.client.pipelines.sweep(sweepOf({ axes: [ratios] }))
  const { ids } = await studio.client.runs.search({ query: 'group = masks' })
  expect(ids).toHaveLength(8)
  expect(ids.every((id) => id.startsWith('masks'))).toBe(true)
})

test('members that fine-tune one student wait for its run', async () => {
  const { studio } = await openWithDataset()
  const launched = await studio.client.pipelines.sweep(
    sweepOf({ axes: [{ field: 'finetune.learningRate', values: [1e-3, 1e-4] }] }),
  )
  const id = launched.at(-1)?.runIds[0] ?? ''
  expect((await studio.client.runs.get({ id })).run.waitsFor).toEqual(['masks-shared.distill'])
})

test('without sharing every pipeline has all stages', async () => {
  const { studio } = await openWithDataset()
  const plan = await studio.client.pipelines.checkSweep(sweepOf({ axes: [ratios], sharesStages: false }))
  expect(plan.pipelines.map(({ stages }) => stages.length)).toEqual([5, 5])
})

test('nothing is launched if one pipeline cannot be, and all problems are named', async () => {
  const { studio, pipelineFiles } = await openWithDataset()
  await studio.client.pipelines.launch({ ...requestFor('shapes'), name: 'masks-batch-size-1' })
  const sweep = sweepOf({ axes: [{ field: 'finetune.batchSize', values: [1, 2, 500, 900] }] })
  expect(await refusal(studio.client.pipelines.sweep(sweep))).toMatchInlineSnapshot(`
    "configuration-invalid: masks-batch-size-500: finetune.batchSize: a batch of 500 is more than the 6 training samples of shapes. Set finetune.batchSize to at most 6, or raise finetune.samplesPerVideo. masks-batch-size-900: finetune.batchSize: a batch of 900 is more than the 6 training samples of shapes. Set finetune.batchSize to at most 6, or raise finetune.samplesPerVideo. masks-batch-size-1: name: There is already a pipeline of this name.
    Nothing was launched. Correct these and try again."
  `)
  expect(pipelineFiles()).toEqual(['masks-batch-size-1.json'])
})

test('the request of a run launches its pipeline again, and says what has changed', async () => {
  const { studio } = await openWithDataset()
  const request = requestFor('shapes', (configuration) => {
    configuration.stages = ['image-teacher']
    configuration.general.seed = 7
  })
  const first = await studio.client.pipelines.launch(request)
  const again = await studio.client.pipelines.requestOf({ id: first.runIds[0] ?? '' })
  expect(again).toEqual({ request: { ...request, fromRun: first.runIds[0] }, differences: [] })
  expect(await studio.client.pipelines.requestOf({ id: first.id })).toEqual(again)
  const second = await studio.client.pipelines.launch(again.request)
  expect(second).toMatchObject({ fromRun: first.runIds[0], configuration: first.configuration })
  expect(second.id).not.toBe(first.id)
  expect(await refusal(studio.client.pipelines.requestOf({ id: 'none.distill' }))).toBe(
    'not-found: There is no run or pipeline called none.distill.\n"run list" lists all runs.',
  )
})
