import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { heartbeat } from '#contract/domain/run-event.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { hangingDecoder } from '../support/hanging-decoder.ts'
import { copyTwoClasses } from '../support/videos/index.ts'
import { wholeDataset } from '../support/whole-dataset.ts'
import { isFinished, until } from './until.ts'

// Videos that do not answer or are not those that were imported: real videos, a real training process.
let folder: string
let studio: Studio
const client = () => createRouterClient(studio.router)
const workspace = () => join(folder, 'workspace')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-stalled-'))
  copyTwoClasses(join(folder, 'videos'), 4)
  const installation = findInstallation()
  studio = await openStudio({
    workspace: workspace(),
    shell: 'browser',
    version: installation.version,
    resources: installation.resources,
    trainingEntry: installation.trainingEntry,
  })
  for await (const event of await client().datasets.import({ directory: join(folder, 'videos'), name: 'falls' })) {
    if (event.type === 'done' && event.dataset.videoCount !== 8)
      throw new Error(`Of 8 videos ${event.dataset.videoCount} were imported.`)
  }
}, 400_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Launches fine-tuning that takes seconds, with a validation after every second epoch. */
async function launch(name: string, decodeTimeout = 60): Promise<string> {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const { runIds } = await client().pipelines.launch({
    name,
    dataset: 'falls',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages: ['finetune'],
      general: { ...configuration.general, engine: 'onnx-cpu', workers: 1, checkpointEveryEpochs: 2, decodeTimeout },
      clip: { ...configuration.clip, frames: 4, imageSize: 32, patchSize: 8 },
      finetune: {
        ...configuration.finetune,
        initialization: 'scratch',
        width: 48,
        depth: 2,
        heads: 3,
        epochs: 16,
        warmupEpochs: 2,
        batchSize: 2,
      },
    },
  })
  return runIds[0] ?? ''
}

const runFolder = (id: string): string => join(workspace(), 'runs', id)
const beatOf = (id: string) => heartbeat.parse(JSON.parse(readFileSync(join(runFolder(id), 'heartbeat.json'), 'utf8')))

function bits(id: string): string {
  const checkpoints = join(runFolder(id), 'checkpoints')
  const last = readdirSync(checkpoints).toSorted().at(-1) ?? ''
  const hash = createHash('sha256')
  for (const file of ['model.safetensors', 'optimizer.safetensors'])
    hash.update(readFileSync(join(checkpoints, last, file)))
  return `${last} ${hash.digest('hex')}`
}

async function stopAndTime(id: string): Promise<number> {
  const from = performance.now()
  await client().runs.stop({ id })
  await until(client(), id, (run) => run.status === 'stopped')
  return performance.now() - from
}

test('while a decoder hangs, the heartbeat says so, and a stop saves and ends; the run resumes to the same bits', async () => {
  const decoders = hangingDecoder()
  const undisturbed = await launch('undisturbed')
  await until(client(), undisturbed, isFinished)

  const hanging = await launch('hanging')
  await until(client(), hanging, (run) => run.status === 'running' && run.step >= 3)
  decoders.hang('')
  // Clips are decoded ahead: the decoder may hang before the last step ends.
  await expect
    .poll(() => beatOf(hanging), { timeout: 60_000 })
    .toSatisfy(
      ({ waitsFor, sinceStepMs }) => waitsFor?.kind === 'decoding' && waitsFor.ms >= 1000 && sinceStepMs >= 1000,
    )
  const { waitsFor, step } = beatOf(hanging)
  expect(waitsFor?.subject).toMatch(/^(fall|roll)\/.*mp4$/)
  // Two seconds on an idle machine.
  expect(await stopAndTime(hanging)).toBeLessThan(20_000)
  expect(
    readdirSync(join(runFolder(hanging), 'checkpoints'))
      .toSorted()
      .at(-1),
  ).toBe(`step-${String(step).padStart(8, '0')}`)
  decoders.release()
  await client().runs.resume({ id: hanging })
  await until(client(), hanging, isFinished)
  expect(bits(hanging)).toBe(bits(undisturbed))

  // The same before the first step.
  decoders.hang('')
  const early = await launch('early')
  await expect.poll(() => decoders.count(), { timeout: 90_000 }).toBeGreaterThan(0)
  expect(await stopAndTime(early)).toBeLessThan(20_000)
  decoders.release()
  await client().runs.resume({ id: early })
  await until(client(), early, isFinished)
  expect(bits(early)).toBe(bits(undisturbed))
}, 600_000)

test('a video whose decoder never answers is left out like a broken one, and the log says so', async () => {
  const decoders = hangingDecoder()
  const [train] = (await wholeDataset(client(), 'falls')).samples.filter(({ split }) => split === 'train')
  decoders.hang(train?.video.path ?? '')
  const id = await launch('one-silent', 3)
  await until(client(), id, isFinished)
  const log = (await client().runs.log({ id })).map(({ message }) => message)
  expect(log).toContain(
    `${join(folder, 'videos', train?.video.path ?? '')}: The decoder showed no sign of life for 4 s, twice. Another video replaces it.`,
  )
  expect(decoders.count()).toBe(2)
}, 600_000)

test('a replaced video is refused at the launch and named by a run that is resumed, which has its frames; a copy of it is neither', async () => {
  const path = (await wholeDataset(client(), 'falls')).samples[0]?.video.path ?? ''
  const [file, kept] = [join(folder, 'videos', path), join(folder, 'kept.mp4')]
  const resumed = await launch('resumed')
  await until(client(), resumed, (run) => run.status === 'running')
  await stopAndTime(resumed)
  copyFileSync(file, kept)
  const other = (await wholeDataset(client(), 'falls')).samples.at(-1)?.video.path ?? ''
  copyFileSync(join(folder, 'videos', other), file)
  await expect(launch('refused')).rejects.toMatchObject({ data: { code: 'dataset-changed' } })
  await client().runs.resume({ id: resumed })
  await until(client(), resumed, isFinished)
  const log = (await client().runs.log({ id: resumed })).filter(({ level }) => level === 'warning')
  expect(log.map(({ message }) => message).join('\n')).toMatch(
    `A video of the dataset falls is not as imported: ${path} (`,
  )
  expect(bits(resumed)).toBe(bits('undisturbed.finetune'))
  copyFileSync(kept, file)
  utimesSync(file, 1000, 1000)
  const copied = await launch('copied')
  await until(client(), copied, isFinished)
  expect(bits(copied)).toBe(bits('undisturbed.finetune'))
}, 600_000)
