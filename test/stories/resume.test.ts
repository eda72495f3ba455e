import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stateOf } from '#contract/domain/run-state.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { writeOldFormats } from '../fixtures/old-workspace.ts'
import { copyTwoClasses } from '../support/videos/index.ts'
import { isFinished, until } from './until.ts'

// A killed or stopped run ends with the same bits as an uninterrupted one: real videos, a real training process.
let folder: string
let studio: Studio

const open = (workspace: string) => {
  const installation = findInstallation()
  return openStudio({
    workspace,
    shell: 'browser',
    version: installation.version,
    resources: installation.resources,
    trainingEntry: installation.trainingEntry,
  })
}
const client = () => createRouterClient(studio.router)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-resume-'))
  copyTwoClasses(join(folder, 'videos'), 6)
  studio = await open(join(folder, 'workspace'))
  for await (const event of await client().datasets.import({ directory: join(folder, 'videos'), name: 'falls' })) {
    if (event.type === 'done' && event.dataset.videoCount !== 12)
      throw new Error(`Of 12 videos ${event.dataset.videoCount} were imported.`)
  }
}, 120_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Launches a video teacher and its distillation into models that train in seconds; two workers compute each batch. */
async function launch(name: string): Promise<readonly string[]> {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const small = {
    width: 48,
    depth: 2,
    heads: 3,
    decoderWidth: 32,
    decoderDepth: 1,
    decoderHeads: 2,
    epochs: 12,
    warmupEpochs: 2,
    batchSize: 2,
    accumulationSteps: 2,
  }
  const { runIds } = await client().pipelines.launch({
    name,
    dataset: 'falls',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages: ['video-teacher', 'distill'],
      general: { ...configuration.general, workers: 2, checkpointEveryEpochs: 2, mediaEveryEpochs: 12 },
      clip: { ...configuration.clip, frames: 4, imageSize: 32, patchSize: 8 },
      'video-teacher': { ...configuration['video-teacher'], ...small },
      distill: { ...configuration.distill, ...small, teachers: 'video', dropPath: 0.2 },
    },
  })
  return runIds
}

/** Digest of the final weights and moments. */
function bits(id: string): string {
  const checkpoints = join(folder, 'workspace', 'runs', id, 'checkpoints')
  const last = readdirSync(checkpoints).toSorted().at(-1) ?? ''
  const hash = createHash('sha256')
  for (const file of ['model.safetensors', 'optimizer.safetensors'])
    hash.update(readFileSync(join(checkpoints, last, file)))
  return `${last} ${hash.digest('hex')}`
}

test('a killed run and a stopped run end with the same bits as an uninterrupted one', async () => {
  const [teacher, student] = (await launch('alone')) as [string, string]
  await until(client(), student, isFinished)

  const [killedTeacher, stoppedStudent] = (await launch('disturbed')) as [string, string]
  const running = await until(client(), killedTeacher, (run) => run.status === 'running' && run.checkpointCount >= 2)
  expect(running.step).toBeLessThan(running.totalSteps!)
  const { pid } = JSON.parse(readFileSync(join(folder, 'workspace', 'runs', killedTeacher, 'heartbeat.json'), 'utf8'))
  process.kill(pid, 'SIGKILL')
  const killed = await until(client(), killedTeacher, (run) => run.status === 'interrupted')
  expect(killed.error?.hint).toMatch(/resume/i)
  await client().runs.resume({ id: killedTeacher })
  const resumed = await until(client(), killedTeacher, isFinished)
  expect(resumed.attempt).toBe(2)
  expect(bits(killedTeacher)).toBe(bits(teacher))

  await until(client(), stoppedStudent, (run) => run.status === 'running' && run.step > 2)
  await client().runs.stop({ id: stoppedStudent })
  const stopped = await until(client(), stoppedStudent, (run) => run.status === 'stopped')
  expect(stopped.step).toBeLessThan(stopped.totalSteps!)
  expect(stopped.checkpointCount).toBeGreaterThan(0)
  await client().runs.resume({ id: stoppedStudent })
  await until(client(), stoppedStudent, isFinished)
  expect(bits(stoppedStudent)).toBe(bits(student))
}, 180_000)

test('a run that an older studio started opens, and resumes to the same bits', async () => {
  const [teacher, student] = (await launch('old')) as [string, string]
  await until(client(), teacher, (run) => run.status === 'running' && run.checkpointCount >= 2)
  await client().runs.stop({ id: student })
  await client().runs.stop({ id: teacher })
  await until(client(), teacher, (run) => run.status === 'stopped')
  const before = (await client().runs.get({ id: teacher })).run
  const workspace = join(folder, 'workspace')
  await studio.close()
  writeOldFormats(workspace)

  studio = await open(workspace)
  const { run, file } = await client().runs.get({ id: teacher })
  expect(run).toMatchObject({ status: 'stopped', step: before.step, effectiveBatchSize: before.effectiveBatchSize })
  expect(file).toMatchObject({
    version: 2,
    dataset: { manifest: 'datasets/falls/manifest.json' },
    frameCache: 'frames',
  })
  await client().runs.resume({ id: teacher })
  await client().runs.resume({ id: student })
  await until(client(), student, isFinished)
  expect(bits(teacher)).toBe(bits('alone.video-teacher'))
  expect(bits(student)).toBe(bits('alone.distill'))
}, 180_000)

test('a run that is saved now, paused, and resumed while it saves ends with the same bits', async () => {
  const [teacher, student] = (await launch('paused')) as [string, string]
  await client().runs.stop({ id: student })
  await until(client(), teacher, (run) => run.status === 'running' && run.step > 2)
  await client().runs.save({ id: teacher })
  const saved = await until(client(), teacher, (run) => run.checkpointCount >= 1)
  expect(saved.status).toBe('running')
  await client().runs.pause({ id: teacher })
  const paused = await until(client(), teacher, (run) => run.status === 'stopped')
  expect([stateOf(paused), paused.step < paused.totalSteps!]).toEqual(['paused', true])
  await client().runs.resume({ id: teacher })
  await until(client(), teacher, (run) => run.attempt === 2 && run.step > paused.step)
  await client().runs.pause({ id: teacher })
  await client().runs.resume({ id: teacher })
  const finished = await until(client(), teacher, isFinished)
  expect(finished.attempt).toBe(3)
  expect(bits(teacher)).toBe(bits('alone.video-teacher'))
}, 180_000)
