import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { feedingMetrics } from '#contract/domain/feeding.ts'
import type { Stage } from '#contract/stages/index.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { hangingDecoder } from '../support/hanging-decoder.ts'
import { brokenVideo, copyClasses, videosOfClass } from '../support/videos/index.ts'
import { wholeDataset } from '../support/whole-dataset.ts'
import { isFinished, until } from './until.ts'

// Datasets of which not all is well: real videos, a real training process. Each run finishes and says what it lost.
let folder: string
let studio: Studio
const client = () => createRouterClient(studio.router)
const workspace = () => join(folder, 'workspace')
const videos = () => join(folder, 'videos')
const broken = ['fall/broken-0.mp4', 'roll/broken-1.mp4']

const times = (name: 'fall' | 'roll') =>
  Array.from({ length: 99 }, (_, index) => videosOfClass(name, 12)[index % 12] ?? '')

/** Gives files the content of another one. The returned function restores them. */
function changeFiles(paths: readonly string[]): () => void {
  const contents = paths.map((path) => readFileSync(join(videos(), path)))
  for (const path of paths) copyFileSync(brokenVideo('truncated.mp4'), join(videos(), path))
  return () => {
    for (const [index, path] of paths.entries()) writeFileSync(join(videos(), path), contents[index] ?? '')
  }
}

/** 200 files of two classes, of which one in a hundred is broken. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-imperfect-'))
  copyClasses(videos(), { fall: times('fall'), roll: times('roll') })
  copyFileSync(brokenVideo('truncated.mp4'), join(videos(), broken[0] ?? ''))
  copyFileSync(brokenVideo('damaged.mp4'), join(videos(), broken[1] ?? ''))
  const installation = findInstallation()
  studio = await openStudio({
    workspace: workspace(),
    shell: 'browser',
    version: installation.version,
    resources: installation.resources,
    trainingEntry: installation.trainingEntry,
  })
  // Every clip is decoded from its file: a run would not notice what becomes of the file of a cached video.
  const settings = await client().settings.get({})
  await client().settings.set({ ...settings, frames: { ...settings.frames, budgetGib: 0 } })
  for await (const event of await client().datasets.import({ directory: videos(), name: 'falls' })) void event
}, 400_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function launch(
  name: string,
  stages: Stage[] = ['finetune', 'evaluate'],
): Promise<[finetune: string, evaluate: string]> {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const { runIds } = await client().pipelines.launch({
    name,
    dataset: 'falls',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages,
      general: { ...configuration.general, engine: 'onnx-cpu', workers: 1, checkpointEveryEpochs: 1 },
      clip: { ...configuration.clip, frames: 4, imageSize: 32, patchSize: 8 },
      finetune: {
        ...configuration.finetune,
        initialization: 'scratch',
        width: 48,
        depth: 2,
        heads: 3,
        epochs: 2,
        warmupEpochs: 1,
        batchSize: 4,
      },
    },
  })
  return [runIds[0] ?? '', runIds[1] ?? '']
}

const logOf = async (id: string) => (await client().runs.log({ id })).map(({ message }) => message)
const filesOf = async (split: string) =>
  (await wholeDataset(client(), 'falls')).samples
    .filter((sample) => sample.split === split)
    .map(({ video }) => video.path)

function bits(id: string): string {
  const checkpoints = join(workspace(), 'runs', id, 'checkpoints')
  const last = readdirSync(checkpoints).toSorted().at(-1) ?? ''
  return createHash('sha256')
    .update(readFileSync(join(checkpoints, last, 'model.safetensors')))
    .digest('hex')
}

test('a run on a dataset of which one file in a hundred is broken finishes, and the dataset lists the broken files', async () => {
  const dataset = await wholeDataset(client(), 'falls')
  expect(dataset).toMatchObject({ videoCount: 198, brokenCount: 2 })
  expect(dataset.broken.map(({ path }) => path)).toEqual(broken)
  for (const { reason } of dataset.broken) expect(reason).toMatch(/^The file is (cut off|damaged): /)
  const [finetune, evaluate] = await launch('whole')
  await until(client(), evaluate, isFinished)
  for (const id of [finetune, evaluate])
    for (const line of await logOf(id)) expect(line).not.toMatch(/replaces it|skipped|cannot be read/)
}, 600_000)

test('files that vanish during training are replaced or skipped, each named once, and the runs finish', async () => {
  hangingDecoder().slow(30)
  const [finetune, evaluate] = await launch('vanishing')
  const gone = [...(await filesOf('train')).slice(0, 3), ...(await filesOf('test')).slice(0, 2)]
  await until(client(), finetune, (run) => run.status === 'running' && run.step >= 3)
  for (const path of gone) renameSync(join(videos(), path), join(folder, basename(path)))
  await until(client(), evaluate, isFinished)
  const lost = [...(await logOf(finetune)), ...(await logOf(evaluate))].filter((line) =>
    line.includes('The file does not exist.'),
  )
  const expected = gone.map(
    (path, index) =>
      `${join(videos(), path)}: The file does not exist. ${index < 3 ? 'Another video replaces it.' : 'It is skipped.'}`,
  )
  expect(lost.toSorted()).toEqual(expected.toSorted())
  for (const path of gone) renameSync(join(folder, basename(path)), join(videos(), path))
}, 600_000)

test('files that change during training are replaced or skipped like ones that vanish, each named once, and the runs finish', async () => {
  hangingDecoder().slow(30)
  const [finetune, evaluate] = await launch('changing')
  const changed = [...(await filesOf('train')).slice(0, 3), ...(await filesOf('test')).slice(0, 2)]
  await until(client(), finetune, (run) => run.status === 'running' && run.step >= 3)
  const restore = changeFiles(changed)
  await until(client(), evaluate, isFinished)
  const [trained, tested] = [await logOf(finetune), await logOf(evaluate)]
  const lost = [...trained, ...tested].filter((line) => line.includes('Its content has changed since the import.'))
  const expected = changed.map(
    (path, index) =>
      `${join(videos(), path)}: Its content has changed since the import. ${index < 3 ? 'Another video replaces it.' : 'It is skipped.'}`,
  )
  expect(lost.toSorted()).toEqual(expected.toSorted())
  // The test starts after the change.
  expect(tested).toContainEqual(expect.stringMatching(/^5 videos of the dataset falls are not as imported: /))
  restore()
}, 600_000)

test('a run of changed files has the bits of one of vanished files, also if it is resumed between', async () => {
  const decoders = hangingDecoder()
  const lost = (await filesOf('train')).slice(0, 3)
  /** Takes the files away while the decoder waits for the first one. */
  const launchAndLose = async (name: string, lose: () => void): Promise<string> => {
    const before = decoders.count()
    decoders.slow(2000)
    const [finetune] = await launch(name, ['finetune'])
    await expect.poll(() => decoders.count(), { timeout: 90_000 }).toBeGreaterThan(before)
    lose()
    decoders.slow(30)
    return finetune
  }
  const vanished = await launchAndLose('vanished', () => {
    for (const path of lost) renameSync(join(videos(), path), join(folder, basename(path)))
  })
  await until(client(), vanished, isFinished)
  for (const path of lost) renameSync(join(folder, basename(path)), join(videos(), path))
  const restored: (() => void)[] = []
  const changed = await launchAndLose('changed', () => void restored.push(changeFiles(lost)))
  await until(client(), changed, (run) => run.status === 'running' && run.step >= 3)
  await client().runs.stop({ id: changed })
  await until(client(), changed, (run) => run.status === 'stopped')
  await client().runs.resume({ id: changed })
  await until(client(), changed, isFinished)
  expect(bits(changed)).toBe(bits(vanished))
  expect(bits(changed)).not.toBe(bits('whole.finetune'))
  for (const restore of restored) restore()
}, 600_000)

test('a run whose training videos all changed saves its state; restored, it resumes to the same bits', async () => {
  hangingDecoder().slow(30)
  const [finetune] = await launch('all-changed', ['finetune'])
  await until(client(), finetune, (run) => run.status === 'running' && run.step >= 3)
  // All at once, so that no batch is made of some changed files and some others.
  const [kept, changed] = [join(folder, 'kept'), join(folder, 'changed')]
  cpSync(videos(), changed, { recursive: true })
  for (const path of await filesOf('train')) copyFileSync(brokenVideo('truncated.mp4'), join(changed, path))
  renameSync(videos(), kept)
  renameSync(changed, videos())
  const failed = await until(client(), finetune, (run) => run.status === 'failed', true)
  expect(failed.error).toMatchObject({
    code: 'video-unreadable',
    message: expect.stringMatching(/\.mp4: Its content has changed since the import\.$/),
  })
  rmSync(videos(), { recursive: true })
  renameSync(kept, videos())
  await client().runs.resume({ id: finetune })
  await until(client(), finetune, isFinished)
  expect(bits(finetune)).toBe(bits('whole.finetune'))
}, 600_000)

test('a run on slow storage finishes with the same bits, and records for each epoch how long it waited', async () => {
  const decoders = hangingDecoder()
  decoders.slow(60)
  const [finetune, evaluate] = await launch('slow')
  await until(client(), evaluate, isFinished)
  expect(decoders.count()).toBeGreaterThan(100)
  expect(bits(finetune)).toBe(bits('whole.finetune'))
  const [wait] = await client().metrics.atStep({ name: feedingMetrics.wait, step: 1e6, runIds: [finetune] })
  expect(wait?.value).toBeGreaterThan(10)
}, 600_000)
