import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { readTrainingState } from '#training/checkpoint/checkpoints.ts'
import { copyTwoClasses } from '../support/videos/index.ts'
import { until } from './until.ts'

// A run without enough memory names the settings to lower and resumes when there is more: real videos, a real training process.
let folder: string
let studio: Studio
const client = () => createRouterClient(studio.router)

/** Sets the command that starts training processes with a limit, like a machine with less memory. */
const limited = (words: string): void => writeFileSync(join(folder, 'limit'), words)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-memory-'))
  copyTwoClasses(join(folder, 'videos'), 6)
  const nodePath = join(folder, 'node')
  writeFileSync(nodePath, `#!/bin/sh\nexec $(cat '${folder}/limit') '${process.execPath}' "$@"\n`, { mode: 0o755 })
  limited('env')
  const { version, resources, trainingEntry } = findInstallation()
  studio = await openStudio({
    workspace: join(folder, 'workspace'),
    shell: 'browser',
    version,
    resources,
    trainingEntry,
    nodePath,
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

test('a run without enough memory names the settings to lower, keeps its checkpoint whole, and resumes when there is more', async () => {
  const { configuration } = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'tiny')
  const { runIds } = await client().pipelines.launch({
    name: 'large',
    dataset: 'falls',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages: ['video-teacher'],
      general: {
        ...configuration.general,
        engine: 'onnx-cpu',
        workers: 1,
        checkpointEveryEpochs: 1,
        mediaEveryEpochs: 1000,
      },
      clip: { ...configuration.clip, frames: 16, imageSize: 112, patchSize: 8 },
      'video-teacher': {
        ...configuration['video-teacher'],
        width: 48,
        depth: 2,
        heads: 4,
        decoderWidth: 48,
        decoderDepth: 3,
        decoderHeads: 4,
        epochs: 50,
        warmupEpochs: 1,
        batchSize: 8,
        maskRatio: 0.75,
      },
    },
  })
  const [id] = runIds as [string]
  await until(client(), id, (run) => run.checkpointCount >= 1)
  await client().runs.stop({ id })
  const stopped = await until(client(), id, (run) => run.status === 'stopped')
  expect(stopped.step).toBeLessThan(stopped.totalSteps!)
  const peak = stopped.summaries.find(({ name }) => name === 'system/peak-memory')
  expect(Number(peak?.max)).toBeGreaterThan(200)

  limited('prlimit --data=1400000000')
  await client().runs.resume({ id })
  const failed = await until(client(), id, (run) => run.error !== null, true)
  expect(failed.error?.code).toBe('out-of-memory')
  // The engine asks for most of the memory and can say so. If V8 is refused first, the process is aborted.
  expect(`${failed.status}: ${failed.error?.message}`).toMatch(
    /^(failed: There is not enough memory for the stage video-teacher\.$|interrupted: The process of large\.video-teacher ran out of memory \(signal SIG\w+\))/,
  )
  expect(failed.error?.hint).toContain(
    'set video-teacher.recomputeBlocks (false) to true; or lower video-teacher.batchSize (8) and raise video-teacher.accumulationSteps (1) by the same factor, which leaves the steps unchanged; or lower clip.imageSize (112), clip.frames (16), or video-teacher.width (48).',
  )
  const checkpoints = join(folder, 'workspace', 'runs', id, 'checkpoints')
  const newest = readdirSync(checkpoints).toSorted().at(-1) ?? ''
  expect(Object.keys((await readTrainingState(join(checkpoints, newest))).parameters).length).toBeGreaterThan(50)

  limited('env NODE_OPTIONS=--max-old-space-size=12')
  await client().runs.resume({ id })
  const aborted = await until(client(), id, (run) => run.status === 'interrupted')
  expect(aborted.error?.code).toBe('out-of-memory')
  expect(aborted.error?.message).toMatch(
    /^The process of large\.video-teacher ran out of memory \(signal SIG\w+\) at step \d+: .*out of memory/,
  )
  expect(aborted.error?.hint).toContain('or lower video-teacher.batchSize (8)')

  limited('env')
  await client().runs.resume({ id })
  const resumed = await until(client(), id, (run) => run.status === 'running' && run.step > stopped.step)
  expect(resumed).toMatchObject({ error: null, attempt: 3 })
  await client().runs.stop({ id })
  await until(client(), id, (run) => run.status === 'stopped')
}, 240_000)
