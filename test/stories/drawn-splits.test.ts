import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { readDataset } from '#node/dataset-files.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { openEncoder } from '#training/video/encode/encoder.ts'
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

/** Writes a smaller copy of a video. */
async function shrink(file: string, to: string): Promise<void> {
  const size = { width: 160, height: 92 }
  const frames: Uint8Array[] = []
  await (await openNodeAv()).decode(file, size, 'all', (pixels) => void frames.push(new Uint8Array(pixels)))
  await (await openEncoder()).encode(to, frames, size, 24)
}

test('smaller copies of videos are in the split of the videos', async () => {
  const videos = join(folder, 'copied')
  copyClasses(videos, { fall: videosOfClass('fall', 8), roll: videosOfClass('roll', 8) })
  for (const label of ['fall', 'roll'])
    for (const name of readdirSync(join(videos, label)))
      await shrink(join(videos, label, name), join(videos, label, `small-${name}`))
  const drawing = { ...defaultDrawing, groupBy: { by: 'near-duplicates' as const } }
  for await (const event of await client().datasets.import({ directory: videos, name: 'copied', drawing })) void event
  await client().datasets.split({ name: 'copied', drawing: defaultDrawing })
  const whole = readDataset(join(folder, 'workspace', 'datasets', 'copied', 'manifest.json'))
  const pairsApart = (splitSet: string) => {
    const { splits = {} } = whole.splitSets.find(({ name }) => name === splitSet) ?? {}
    const of = new Map(whole.videos.map(({ id, path }) => [path, splits[id]]))
    return [...of].filter(([path, split]) => split === undefined || of.get(path.replace('small-', '')) !== split)
  }
  expect(whole.videos).toHaveLength(32)
  expect(pairsApart('default')).toEqual([])
  expect(pairsApart('drawn-2').length).toBeGreaterThan(0)
}, 120_000)

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
