import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { copyClasses, videosOfClass } from '../support/videos/index.ts'
import { isFinished, until } from './until.ts'

// Splits that are drawn again: real videos, a real training process.
let folder: string
let studio: Studio
const client = () => createRouterClient(studio.router)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-drawn-'))
  copyClasses(join(folder, 'videos'), { fall: videosOfClass('fall', 10), roll: videosOfClass('roll', 10) })
  const installation = findInstallation()
  studio = await openStudio({
    workspace: join(folder, 'workspace'),
    shell: 'browser',
    version: installation.version,
    resources: installation.resources,
    trainingEntry: installation.trainingEntry,
  })
  const imported = await client().datasets.import({ directory: join(folder, 'videos'), name: 'falls' })
  for await (const event of imported) void event
}, 400_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('fine-tuning and the test of a run on drawn-2 take the samples of drawn-2, and its page says how they were drawn', async () => {
  const drawing = { ...defaultDrawing, ratio: { train: 40, validation: 0, test: 60 }, seed: 5 }
  await client().datasets.split({ name: 'falls', drawing })
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const { runIds } = await client().pipelines.launch({
    name: 'drawn',
    dataset: 'falls',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages: ['finetune', 'evaluate'],
      general: { ...configuration.general, engine: 'onnx-cpu', workers: 1, splitSet: 'drawn-2' },
      clip: { ...configuration.clip, frames: 4, imageSize: 32, patchSize: 8 },
      finetune: {
        ...configuration.finetune,
        initialization: 'scratch',
        width: 48,
        depth: 2,
        heads: 3,
        epochs: 1,
        warmupEpochs: 0,
        batchSize: 4,
      },
    },
  })
  const [finetune = '', evaluate = ''] = runIds
  const tested = await until(client(), evaluate, isFinished)
  // Four of ten videos of each class, two steps of four; the others are tested.
  expect(await until(client(), finetune, isFinished)).toMatchObject({ step: 2, totalSteps: 2 })
  expect(tested.result).toMatchObject({ videos: 12 })
  const { file } = await client().runs.get({ id: evaluate })
  expect(file?.dataset.contents).toMatchObject({ train: 8, validation: 0, test: 12, drawing })
}, 600_000)
