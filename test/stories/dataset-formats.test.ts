import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Stage } from '#contract/stages/index.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { tarOf } from '../support/tar.ts'
import { copyClasses, videosOfClass } from '../support/videos/index.ts'
import { wholeDataset } from '../support/whole-dataset.ts'
import { isFinished, until } from './until.ts'

// Datasets whose samples are not files: real videos, a real training process.
let folder: string
let studio: Studio
const client = () => createRouterClient(studio.router)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-formats-'))
  const installation = findInstallation()
  studio = await openStudio({
    workspace: join(folder, 'workspace'),
    shell: 'browser',
    version: installation.version,
    resources: installation.resources,
    trainingEntry: installation.trainingEntry,
  })
}, 100_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function importFolder(name: string): Promise<void> {
  for await (const event of await client().datasets.import({ directory: join(folder, name), name })) void event
}

async function launch(dataset: string, stages: Stage[]): Promise<string> {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const small = { width: 48, depth: 2, heads: 3, epochs: 2, warmupEpochs: 1, batchSize: 2 }
  const { runIds } = await client().pipelines.launch({
    name: `of-${dataset}`,
    dataset,
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages,
      general: { ...configuration.general, engine: 'onnx-cpu', workers: 1 },
      clip: { ...configuration.clip, frames: 4, imageSize: 32, patchSize: 8 },
      'video-teacher': {
        ...configuration['video-teacher'],
        ...small,
        decoderWidth: 48,
        decoderDepth: 1,
        decoderHeads: 3,
      },
      finetune: { ...configuration.finetune, ...small, initialization: 'scratch' },
    },
  })
  return runIds.at(-1) ?? ''
}

test('a WebDataset is imported, trained and tested without unpacking a tar file', async () => {
  mkdirSync(join(folder, 'web'))
  for (const split of ['train', 'val', 'test']) {
    const entries = (['fall', 'roll'] as const).flatMap((name, label) =>
      videosOfClass(name, 3).flatMap((file, index) => [
        { name: `${label}${index}.mp4`, content: readFileSync(file) },
        { name: `${label}${index}.cls`, content: String(label) },
      ]),
    )
    writeFileSync(join(folder, 'web', `${split}-000000.tar`), tarOf(entries))
  }
  writeFileSync(join(folder, 'web', 'classes.txt'), 'fall\nroll\n')
  await importFolder('web')
  const { samples, broken, labelSets, report } = await wholeDataset(client(), 'web')
  expect([samples.length, broken, labelSets]).toEqual([18, [], [{ name: 'class', classes: ['fall', 'roll'] }]])
  expect(report?.source).toMatchObject({ format: 'webdataset', tarFiles: 3, classFile: 'classes.txt' })
  expect(samples.find(({ split }) => split === 'validation')?.video.path).toBe('val-000000.tar/00.mp4')
  expect(await client().datasets.check({ name: 'web' })).toMatchObject({ checked: 18, drift: [] })
  await until(client(), await launch('web', ['finetune', 'evaluate']), isFinished)
}, 600_000)

test('AVA is imported and pre-trained on, and stages that need one class for each sample are refused', async () => {
  copyClasses(folder, { ava: videosOfClass('fall', 4) })
  const films = videosOfClass('fall', 4).map((file, index) => `${index}-${basename(file, '.mp4')}`)
  const rows = films.flatMap((name) => [`${name},0901,0.1,0.2,0.6,0.9,12,1`, `${name},0901,0.1,0.2,0.6,0.9,80,1`])
  writeFileSync(join(folder, 'ava', 'ava_train_v2.2.csv'), `${rows.join('\n')}\n`)
  await importFolder('ava')
  const dataset = await wholeDataset(client(), 'ava')
  expect(dataset).toMatchObject({ labelSets: [], boxClasses: ['12', '80'] })
  expect(dataset.samples).toHaveLength(4)
  const [sample] = dataset.samples
  expect(sample?.boxes).toMatchObject([{ x: 0.1, y: 0.2, labels: ['12', '80'], person: 1 }])
  expect(sample?.boxes?.[0]?.frameIndex).toBe(Math.round(sample?.video.framesPerSecond ?? 0))
  await expect(launch('ava', ['finetune'])).rejects.toMatchObject({
    message:
      'A sample of the dataset ava has several classes, those of its boxes. Fine-tuning needs one class for each sample.',
  })
  await until(client(), await launch('ava', ['video-teacher']), isFinished)
}, 600_000)
