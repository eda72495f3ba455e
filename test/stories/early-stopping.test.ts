import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { copyTwoClasses } from '../support/videos/index.ts'
import { isFinished, until } from './until.ts'

// Fine-tuning ends when its validation no longer improves: real videos, a real training process.
let folder: string
let studio: Studio
const client = () => createRouterClient(studio.router)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-early-'))
  copyTwoClasses(join(folder, 'videos'), 6)
  const installation = findInstallation()
  studio = await openStudio({
    workspace: join(folder, 'workspace'),
    shell: 'browser',
    version: installation.version,
    resources: installation.resources,
    trainingEntry: installation.trainingEntry,
  })
  for await (const event of await client().datasets.import({ directory: join(folder, 'videos'), name: 'falls' })) {
    if (event.type === 'done' && event.dataset.videoCount !== 12)
      throw new Error(`Of 12 videos ${event.dataset.videoCount} were imported.`)
  }
}, 120_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** No improvement can be above 100 percentage points, so the patience ends at a known epoch. */
const impossible = { patience: 7, minImprovement: 100 }

async function launch(name: string): Promise<readonly string[]> {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const { runIds } = await client().pipelines.launch({
    name,
    dataset: 'falls',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages: ['finetune', 'evaluate'],
      general: { ...configuration.general, workers: 1, checkpointEveryEpochs: 1 },
      clip: { ...configuration.clip, frames: 4, imageSize: 32, patchSize: 8 },
      finetune: {
        ...configuration.finetune,
        initialization: 'scratch',
        width: 48,
        depth: 2,
        heads: 3,
        epochs: 40,
        warmupEpochs: 2,
        batchSize: 2,
        ...impossible,
      },
      evaluate: { ...configuration.evaluate, temporalViews: 1, spatialViews: 1 },
    },
  })
  return runIds
}

/** Names of the checkpoints, and the digest of the last weights and moments. */
function checkpointsOf(id: string): { names: string[]; bits: string } {
  const checkpoints = join(folder, 'workspace', 'runs', id, 'checkpoints')
  const names = readdirSync(checkpoints).toSorted()
  const hash = createHash('sha256')
  for (const file of ['model.safetensors', 'optimizer.safetensors'])
    hash.update(readFileSync(join(checkpoints, names.at(-1) ?? '', file)))
  return { names, bits: hash.digest('hex') }
}

test('a run finishes when its patience is over, and a stopped one at the same step with the same bits', async () => {
  const [alone, aloneTest] = (await launch('alone')) as [string, string]
  const running = await until(client(), alone, (run) => run.status === 'running' && run.totalSteps !== null)
  expect(running.mayStopEarly).toBe(true)
  const finished = await until(client(), alone, isFinished)
  const stepsPerEpoch = running.totalSteps! / 40
  const { stoppedEarly } = finished
  expect(finished).toMatchObject({ step: 8 * stepsPerEpoch, totalSteps: 8 * stepsPerEpoch, epochs: 8 })
  expect(finished.mayStopEarly).toBeUndefined()
  expect(stoppedEarly).toMatchObject({ ...impossible, monitor: 'validation/top1', epoch: 8, plannedEpochs: 40 })

  // The best validated checkpoint is the result: the test takes it, and a reference to the run means it.
  const checkpoints = await client().checkpoints.list({ runId: alone })
  const top1 = (step: number) => Number(checkpoints.find((one) => one.step === step)?.metrics['validation/top1'])
  expect(checkpoints.map(({ step }) => step)).toEqual(
    Array.from({ length: 8 }, (_, index) => (8 - index) * stepsPerEpoch),
  )
  expect(stoppedEarly!.best).toBe(Math.max(...checkpoints.map(({ step }) => top1(step))))
  expect(top1(stoppedEarly!.bestStep)).toBe(stoppedEarly!.best)
  expect(checkpoints.filter(({ isFinal }) => isFinal).map(({ step }) => step)).toEqual([stoppedEarly!.bestStep])
  await until(client(), aloneTest, isFinished)
  expect((await client().runs.log({ id: aloneTest, limit: 100 })).map(({ message }) => message)).toContain(
    `Takes alone.finetune@${stoppedEarly!.bestStep} (epoch ${stoppedEarly!.bestEpoch}), the best validated checkpoint of that run.`,
  )

  const [disturbed] = (await launch('disturbed')) as [string]
  await until(client(), disturbed, (run) => run.status === 'running' && run.checkpointCount >= 2)
  await client().runs.stop({ id: disturbed })
  const stopped = await until(client(), disturbed, (run) => run.status === 'stopped')
  expect(stopped.stoppedEarly).toBeUndefined()
  await client().runs.resume({ id: disturbed })
  const resumed = await until(client(), disturbed, isFinished)
  expect(resumed.attempt).toBe(2)
  expect(resumed.stoppedEarly).toEqual(stoppedEarly)
  expect(checkpointsOf(disturbed).bits).toBe(checkpointsOf(alone).bits)
  expect(checkpointsOf(disturbed).names.at(-1)).toBe(checkpointsOf(alone).names.at(-1))

  // Filters find it.
  expect((await client().runs.search({ query: 'is:stoppedEarly' })).ids).toEqual([alone, disturbed])
}, 180_000)
