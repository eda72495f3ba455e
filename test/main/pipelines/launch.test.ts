import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunsEvent } from '#contract/api/contract.ts'
import { workersOf } from '#contract/configuration/workers.ts'
import { pipelineFile } from '#contract/domain/pipeline.ts'
import { wholeSlot } from '#contract/domain/resources.ts'
import { runFile } from '#contract/domain/run.ts'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'
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
  const dataset = await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  return { workspace, studio, dataset }
}

test('a launch freezes the configuration in the folders of its runs', async () => {
  const { workspace, studio, dataset } = await openWithDataset()
  const request = requestFor('shapes', (configuration) => {
    configuration.stages = ['distill', 'image-teacher', 'video-teacher']
    configuration.general.workers = 0
  })
  const pipeline = await studio.client.pipelines.launch(request)
  expect(pipeline).toMatchObject({
    id: 'shapes-tiny-1',
    labels: null,
    datasetDigest: dataset.digest,
    runIds: ['shapes-tiny-1.image-teacher', 'shapes-tiny-1.video-teacher', 'shapes-tiny-1.distill'],
  })
  const stored = pipelineFile.parse(
    JSON.parse(readFileSync(join(workspace, 'pipelines', 'shapes-tiny-1.json'), 'utf8')),
  )
  expect({ ...stored, organization: pipeline.organization }).toEqual(pipeline)
  const file = runFile.parse(
    JSON.parse(readFileSync(join(workspace, 'runs', 'shapes-tiny-1.distill', 'run.json'), 'utf8')),
  )
  expect(file).toEqual({
    version: 2,
    id: 'shapes-tiny-1.distill',
    pipelineId: 'shapes-tiny-1',
    createdAt: pipeline.createdAt,
    general: {
      ...request.configuration.general,
      workers: workersOf(0, request.configuration.distill.batchSize, availableParallelism()),
    },
    clip: request.configuration.clip,
    task: { stage: 'distill', configuration: request.configuration.distill },
    dataset: {
      name: 'shapes',
      digest: dataset.digest,
      manifest: 'datasets/shapes/manifest.json',
      labels: null,
      contents: { videos: 10, train: 6, validation: 2, test: 2, unassigned: 0, drawing: defaultDrawing, classes: null },
    },
    code: { studioVersion: '0.0.0', commit: null, isModified: null, problem: null },
    inputs: { imageTeacher: 'shapes-tiny-1.image-teacher', videoTeacher: 'shapes-tiny-1.video-teacher' },
    models: {},
    frameCache: 'frames',
    targetCache: 'targets',
    request: wholeSlot,
  })
  expect(await studio.client.runs.get({ id: 'shapes-tiny-1.distill' })).toMatchObject({
    file,
    pipeline,
    run: { status: 'queued', waitsFor: ['shapes-tiny-1.image-teacher', 'shapes-tiny-1.video-teacher'] },
  })
  await untilStatus(studio, 'shapes-tiny-1.distill', 'finished')
})

test('subscribers receive the launch before its runs change', async () => {
  const { studio } = await openWithDataset()
  const events: RunsEvent[] = []
  const watch = await studio.client.runs.watch({})
  const first = await watch.next()
  if (first.done !== true) events.push(first.value)
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  for await (const event of watch) {
    events.push(event)
    if (event.type === 'changed' && event.run.status === 'finished') break
  }
  expect(events[0]).toEqual({ type: 'snapshot', runs: [], pipelines: [] })
  expect(events[1]).toMatchObject({ type: 'launched', pipeline: { id: 'p' }, runs: [{ id: 'p.image-teacher' }] })
  // Hundreds of changes a second reach the window as a few.
  expect(events.length).toBeLessThan(10)
})

test('two pipelines at once stand in the queue one after the other', async () => {
  const { studio } = await openWithDataset()
  const request = requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher', 'video-teacher']))
  await studio.client.pipelines.launch({ ...request, name: 'p' })
  await studio.client.pipelines.launch({ ...request, name: 'q' })
  await untilStatus(studio, 'q.video-teacher', 'finished')
  const runs = (await studio.client.runs.list({})).toSorted((a, b) => (a.startedAt! < b.startedAt! ? -1 : 1))
  expect(runs.map((run) => run.id)).toEqual([
    'p.image-teacher',
    'p.video-teacher',
    'q.image-teacher',
    'q.video-teacher',
  ])
  expect(runs.slice(1).every((run, index) => run.startedAt! >= runs[index]!.endedAt!)).toBe(true)
})

test('what cannot be launched is refused with the field to change, and leaves nothing behind', async () => {
  const { workspace, studio } = await openWithDataset()
  const launch = (change: Partial<ReturnType<typeof requestFor>>, set?: Parameters<typeof requestFor>[1]) =>
    refusal(studio.client.pipelines.launch({ ...requestFor('shapes', set), ...change }))
  expect({
    datasetUnknown: await launch({ dataset: 'nothing' }),
    datasetMistyped: await launch({ dataset: 'shaeps' }),
    presetUnknown: await launch({ preset: 'gigantic' }),
    presetMistyped: await launch({ preset: 'b-from-b-kinetics400' }),
    name: await launch({ name: 'My Pipeline' }),
    maskRatioZero: await launch({}, (configuration) => (configuration.distill.maskRatio = 0)),
    maskRatioOne: await launch({}, (configuration) => (configuration['video-teacher'].maskRatio = 1)),
    patch: await launch({}, (configuration) => (configuration.clip.patchSize = 15)),
    frames: await launch({}, (configuration) => (configuration.clip.frames = 64)),
    noStage: await launch({}, (configuration) => (configuration.stages = [])),
  }).toMatchInlineSnapshot(`
    {
      "datasetMistyped": "not-found: There is no dataset called shaeps.
    Did you mean shapes? Choose one of shapes.",
      "datasetUnknown": "not-found: There is no dataset called nothing.
    Choose one of shapes.",
      "frames": "video-too-short: clip.frames: a clip has 64 frames, but the longest of the 10 videos of shapes has 32.
    Set clip.frames to at most 32, or use longer videos.",
      "maskRatioOne": "configuration-invalid: video-teacher.maskRatio: The mask ratio must be below 1, or nothing is visible.
    Correct these fields and try again.",
      "maskRatioZero": "configuration-invalid: distill.maskRatio: The mask ratio must be above 0, or there is nothing to predict.
    Correct these fields and try again.",
      "name": "bad-request: name: Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.
    Correct these fields and try again.",
      "noStage": "configuration-invalid: stages: Choose at least one stage.
    Correct these fields and try again.",
      "patch": "configuration-invalid: clip.patchSize: The patch size 15 px does not divide the image size 64 px. Try 16 px.
    Correct these fields and try again.",
      "presetMistyped": "preset-unknown: There is no preset called b-from-b-kinetics400.
    Did you mean b-from-b-kinetics-400? There are 30, such as demo, desk, tiny; "pipeline presets" lists them.",
      "presetUnknown": "preset-unknown: There is no preset called gigantic.
    There are 30, such as demo, desk, tiny; "pipeline presets" lists them.",
    }
  `)
  expect(readdirSync(join(workspace, 'pipelines'))).toEqual([])
  expect(readdirSync(join(workspace, 'runs'))).toEqual(['child.json'])
})

test('a dataset of one class can be imported, but not fine-tuned on', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf(videosOf(['alone'], 5)))
  expect(await refusal(studio.client.pipelines.launch(requestFor('shapes')))).toMatchInlineSnapshot(`
    "dataset-one-class: shapes needs two classes with train and test videos in the label set class; there is only alone.
    Add videos of another class and import the folder again, or choose only the stages image-teacher, video-teacher, and distill."
  `)
})

test('a name is taken once, and a launch that was cut off takes none', async () => {
  const { workspace, studio } = await openWithDataset()
  mkdirSync(join(workspace, 'runs', 'p.image-teacher', 'checkpoints'), { recursive: true })
  const request = { ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])), name: 'p' }
  await studio.client.pipelines.launch(request)
  expect(await refusal(studio.client.pipelines.launch(request))).toMatchInlineSnapshot(`
    "already-exists: There is already a pipeline called p.
    Choose another name, or omit the name."
  `)
  await untilStatus(studio, 'p.image-teacher', 'finished')
})

test('a check refuses what a launch would refuse, and launches nothing', async () => {
  const { workspace, studio } = await openWithDataset()
  expect(await studio.client.pipelines.check(requestFor('shapes'))).toEqual({ warnings: [] })
  expect(
    await refusal(
      studio.client.pipelines.check(requestFor('shapes', (configuration) => (configuration.distill.batchSize = 100))),
    ),
  ).toMatchInlineSnapshot(`
    "configuration-invalid: distill.batchSize: a batch of 100 is more than the 6 training samples of shapes.
    Set distill.batchSize to at most 6, or raise distill.samplesPerVideo."
  `)
  expect(readdirSync(join(workspace, 'pipelines'))).toEqual([])
})

test('the cost of each stage is measured by the training child', async () => {
  const { studio } = await openWithDataset()
  const events = []
  for await (const event of await studio.client.pipelines.cost(
    requestFor('shapes', (configuration) => (configuration.stages = ['video-teacher', 'image-teacher'])),
  ))
    events.push(event)
  expect(
    events.map((event) => (event.type === 'done' ? event.stages.map((cost) => cost.stage) : event.cost.stage)),
  ).toEqual(['image-teacher', 'video-teacher', ['image-teacher', 'video-teacher']])
  const refused = (async () => {
    for await (const event of await studio.client.pipelines.cost(requestFor('nothing'))) events.push(event)
  })()
  expect(await refusal(refused)).toMatchInlineSnapshot(`
    "not-found: There is no dataset called nothing.
    Choose one of shapes."
  `)
})
