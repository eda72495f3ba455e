import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { checkpointCard, type CheckpointCard } from '#contract/domain/checkpoint.ts'
import type { ModelImportRequest } from '#contract/domain/imported-model.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { copyTwoClasses } from '../support/videos/index.ts'
import { recorded } from '../training/reference/recorded.ts'
import { isFinished, until } from './until.ts'

// Imported models serve as teachers, as initial weights and in tests: real files, real videos, a real training process.
const classes = ['fall', 'roll']
let folder: string
let studio: Studio
const client = () => createRouterClient(studio.router)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-imported-'))
  copyTwoClasses(join(folder, 'videos'), 6)
  const { version, resources, trainingEntry } = findInstallation()
  studio = await openStudio({
    workspace: join(folder, 'workspace'),
    shell: 'browser',
    version,
    resources,
    trainingEntry,
  })
  for await (const event of await client().datasets.import({ directory: join(folder, 'videos'), name: 'falls' })) {
    if (event.type === 'done' && event.dataset.videoCount !== 12)
      throw new Error(`Of 12 videos ${event.dataset.videoCount} were imported.`)
  }
  await take(recorded('checkpoints/mae.pth'), { name: 'mae', heads: 4 })
  await take(recorded('checkpoints/videomae.pth'), { name: 'vmae', heads: 4 })
  await take(recorded('checkpoints/classifier-deepspeed-half.pth'), { name: 'clf', heads: 2, family: 'mvd' })
}, 120_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function take(path: string, request: Omit<ModelImportRequest, 'path'>): Promise<void> {
  for await (const event of await client().models.import({ path, ...request })) if (event.type === 'done') return
  throw new Error(`${path} was not imported.`)
}

/** Launches a pipeline of models that train in seconds, on clips with the patches of the imported models. */
const launch = async (name: string, ...chain: Parameters<typeof requestOf>) =>
  void (await client().pipelines.launch({ name, ...requestOf(...chain) }))

function requestOf(
  stages: PipelineConfiguration['stages'],
  inputs: PipelineConfiguration['inputs'],
  epochs = 2,
): PipelineRequest {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const small = { epochs, warmupEpochs: 0, batchSize: 4 }
  const initialization = inputs.model === undefined ? 'student' : 'checkpoint'
  return {
    dataset: 'falls',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages,
      inputs,
      general: { ...configuration.general, checkpointEveryEpochs: 1, mediaEveryEpochs: 100 },
      clip: { ...configuration.clip, frames: 4, imageSize: 16, patchSize: 4 },
      distill: {
        ...configuration.distill,
        ...small,
        width: 48,
        depth: 2,
        heads: 3,
        decoderWidth: 32,
        decoderDepth: 1,
        decoderHeads: 2,
      },
      finetune: {
        ...configuration.finetune,
        ...small,
        width: 48,
        depth: 2,
        heads: 3,
        initialization: stages.includes('finetune') ? initialization : 'student',
      },
    },
  }
}

const newest = (id: string): string => {
  const checkpoints = join(folder, 'workspace', 'runs', id, 'checkpoints')
  return join(checkpoints, readdirSync(checkpoints).toSorted().at(-1) ?? '')
}
const cardOf = (id: string): CheckpointCard =>
  checkpointCard.parse(JSON.parse(readFileSync(join(newest(id), 'checkpoint.json'), 'utf8')))
const bits = (id: string): string =>
  createHash('sha256')
    .update(readFileSync(join(newest(id), 'model.safetensors')))
    .update(readFileSync(join(newest(id), 'optimizer.safetensors')))
    .digest('hex')

test('the cost of a chain is measured on models with the sizes of its inputs', async () => {
  const request = requestOf(['distill', 'finetune', 'evaluate'], {
    imageTeacher: 'mae',
    videoTeacher: 'vmae',
    model: 'clf',
  })
  const stages = []
  for await (const event of await client().pipelines.cost(request))
    if (event.type === 'done') stages.push(...event.stages)
  // The imported classifier has 5,029 parameters; a head for 2 instead of 5 classes has 3 x 17 fewer.
  expect(stages.map(({ stage, parameters }) => [stage, parameters])).toEqual([
    ['distill', expect.any(Number)],
    ['finetune', 4_978],
    ['evaluate', 4_978],
  ])
}, 60_000)

test('a student learns from an imported MAE and VideoMAE, is fine-tuned and tested, and its licence notes follow it', async () => {
  await launch('p', ['distill', 'finetune', 'evaluate'], { imageTeacher: 'mae', videoTeacher: 'vmae' })
  expect((await until(client(), 'p.evaluate', isFinished)).result).toMatchObject({
    classes,
    top5: null,
    trainingVideos: [4, 4],
  })
  expect(cardOf('p.distill')).toMatchObject({
    inputs: { imageTeacher: 'mae', videoTeacher: 'vmae' },
    model: { layout: 'mvd-student', sizes: { width: 48, imageTargetWidth: 8, videoTargetWidth: 8 } },
  })
  const notes = cardOf('p.distill').licenceNotes
  expect(notes.map((note) => /^Made with (\w+) .*CC BY-NC 4\.0/.exec(note)?.[1])).toEqual(['mae', 'vmae'])
  expect(cardOf('p.finetune')).toMatchObject({
    licenceNotes: notes,
    model: { layout: 'classifier', family: 'mvd', sizes: { classes: 2 } },
  })
}, 120_000)

test('a stopped run with imported teachers resumes to the same bits, and refuses a changed teacher file', async () => {
  await launch('again', ['distill'], { imageTeacher: 'mae', videoTeacher: 'vmae' }, 12)
  await until(client(), 'again.distill', isFinished)
  await launch('stopped', ['distill'], { imageTeacher: 'mae', videoTeacher: 'vmae' }, 12)
  await until(client(), 'stopped.distill', (run) => run.status === 'running' && run.step > 2)
  await client().runs.stop({ id: 'stopped.distill' })
  const stopped = await until(client(), 'stopped.distill', (run) => run.status === 'stopped')
  expect(stopped.step).toBeLessThan(stopped.totalSteps!)

  const file = join(folder, 'workspace', 'imports', 'mae', 'model.safetensors')
  const original = readFileSync(file)
  writeFileSync(file, original.with(original.length - 1, original.at(-1)! ^ 1))
  await client().runs.resume({ id: 'stopped.distill' })
  await expect(until(client(), 'stopped.distill', isFinished)).rejects.toThrow(
    `stopped.distill failed: The file ${file} has changed since the launch (its SHA-256 differs).`,
  )

  writeFileSync(file, original)
  await client().runs.resume({ id: 'stopped.distill' })
  await until(client(), 'stopped.distill', (run) => run.status === 'running')
  await until(client(), 'stopped.distill', isFinished)
  expect(bits('stopped.distill')).toBe(bits('again.distill'))
}, 120_000)

test('any earlier checkpoint can be the image teacher or the video teacher', async () => {
  await launch('q', ['distill'], { imageTeacher: 'p.distill@2', videoTeacher: 'p.finetune' })
  await until(client(), 'q.distill', isFinished)
  expect(cardOf('q.distill')).toMatchObject({
    inputs: { imageTeacher: 'p.distill@2', videoTeacher: 'p.finetune@4' },
    model: { sizes: { imageTargetWidth: 48, videoTargetWidth: 48 } },
    licenceNotes: cardOf('p.distill').licenceNotes,
  })
  await launch('swapped', ['distill'], { imageTeacher: 'vmae', videoTeacher: 'mae' })
  await until(client(), 'swapped.distill', isFinished)
}, 120_000)

test('an imported classifier is fine-tuned with a new head, and a classifier of an earlier run is tested unchanged', async () => {
  await launch('r', ['finetune'], { model: 'clf' })
  const run = await until(client(), 'r.finetune', isFinished)
  const log = await client().runs.log({ id: run.id })
  expect(log.map(({ message }) => message)).toContain(
    'The head of clf is replaced by a new one, because it has 5 classes and the label set has 2.',
  )
  expect(cardOf('r.finetune')).toMatchObject({
    model: { family: 'mvd', sizes: { depth: 2, classes: 2 } },
    task: { configuration: { depth: 2 } },
  })
  await launch('s', ['evaluate'], { model: 'r.finetune' })
  await launch('t', ['finetune'], { model: 'r.finetune' })
  expect((await until(client(), 's.evaluate', isFinished)).result).toMatchObject({ classes })
  await until(client(), 't.finetune', isFinished)
  expect((await client().runs.log({ id: 't.finetune' })).filter(({ message }) => message.includes('head'))).toEqual([])
}, 120_000)

test('a model with a weight that is NaN is refused by tensor and origin wherever its numbers would count', async () => {
  const bytes = readFileSync(join(folder, 'workspace', 'imports', 'clf', 'model.safetensors'))
  const headerBytes = Number(bytes.readBigUInt64LE(0))
  const header: Record<string, { data_offsets?: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, 8 + headerBytes),
  )
  bytes.writeFloatLE(Number.NaN, 8 + headerBytes + header['blocks.0.attn.proj.weight']!.data_offsets![0])
  const file = join(folder, 'damaged.safetensors')
  writeFileSync(file, bytes)
  await take(file, { name: 'damaged', heads: 2, family: 'mvd' })
  const refusal = {
    code: 'checkpoint-invalid',
    message: 'The imported model damaged has weights that are not finite: blocks.0.attn.proj.weight (1 NaN).',
  }
  await launch('start', ['finetune'], { model: 'damaged' })
  expect(await until(client(), 'start.finetune', (run) => run.status === 'failed', true)).toMatchObject({
    error: refusal,
    step: 0,
    checkpointCount: 0,
  })
  await launch('teach', ['distill'], { imageTeacher: 'mae', videoTeacher: 'damaged' })
  expect((await until(client(), 'teach.distill', (run) => run.status === 'failed', true)).error).toMatchObject(refusal)
  const probe = async () => {
    for await (const _ of await client().probes.run({ model: 'damaged', dataset: 'falls' }));
  }
  await expect(probe()).rejects.toMatchObject({ data: refusal })
  await expect(
    client().checkpoints.export({ id: 'damaged', format: 'onnx', to: join(folder, 'damaged.onnx') }),
  ).rejects.toMatchObject({ data: { code: 'checkpoint-invalid', message: expect.stringContaining('NaN or infinite') } })
}, 120_000)
