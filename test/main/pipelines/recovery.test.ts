import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { divergenceReport, type DivergenceReport } from '#contract/domain/divergence.ts'
import { checkpointFiles, checkpointFolder, runFiles } from '#contract/layout.ts'
import { remaining, slower } from '#contract/stages/remaining.ts'
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

const { configuration } = requestFor('shapes')
const idOf = (stage: string): string => `p.${stage}`

describe('what is left of a pipeline', () => {
  test('takes the models of finished stages as they are', () => {
    const left = remaining(configuration, 'distill', idOf, (stage) => stage.endsWith('teacher'))
    expect(left.stages).toEqual(configuration.stages.filter((stage) => !stage.endsWith('teacher')))
    expect(left.inputs).toEqual({ imageTeacher: 'p.image-teacher', videoTeacher: 'p.video-teacher' })
  })

  test('computes stages that have not finished', () => {
    const left = remaining(configuration, 'image-teacher', idOf, (stage) => stage === 'video-teacher')
    expect(left.stages).toEqual(configuration.stages.filter((stage) => stage !== 'video-teacher'))
    expect(left.inputs).toEqual({ videoTeacher: 'p.video-teacher' })
  })

  test('fine-tunes the student that was distilled', () => {
    const left = remaining(configuration, 'finetune', idOf, (stage) => stage !== 'finetune' && stage !== 'evaluate')
    expect(left).toMatchObject({ inputs: { model: 'p.distill' }, finetune: { initialization: 'checkpoint' } })
  })
})

test('the final rate stays, unless it would be above the peak', () => {
  const { distill } = configuration
  const set = (minLearningRate: number) => ({
    ...configuration,
    distill: { ...distill, learningRate: 1e-3, minLearningRate },
  })
  expect(slower(set(1e-5), 'distill', 0.5).distill).toMatchObject({ learningRate: 5e-4, minLearningRate: 1e-5 })
  expect(slower(set(8e-4), 'distill', 0.5).distill).toMatchObject({ learningRate: 5e-4, minLearningRate: 5e-4 })
})

const report: DivergenceReport = {
  version: 1,
  at: '2026-01-01T00:00:00.000Z',
  attempt: 1,
  cause: 'gradients',
  step: { step: 8, learningRate: 0.1, loss: 3, gradientNorm: 'NaN' },
  lastStep: { step: 7, learningRate: 0.1, loss: 2, gradientNorm: 5 },
  layers: [{ layer: 'blocks.0', norm: 'NaN', lastNorm: 5 }],
  firstTensor: 'blocks.0.attn.qkv.weight',
  weights: [],
  batches: [{ loss: 3, clips: [{ video: 'a/0.mp4', frames: [0, 4, 8] }] }],
}

/** A run that diverged at step 8 and has checkpoints at steps 3 and 6. */
async function diverged() {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, { steps: 9, failAt: 8, failCode: 'diverged' })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  const request = requestFor('shapes', (changed) => (changed.stages = ['image-teacher']))
  await studio.client.pipelines.launch({ ...request, name: 'p' })
  await untilStatus(studio, 'p.image-teacher', 'failed')
  return { studio, workspace, folder: join(workspace, 'runs', 'p.image-teacher') }
}

describe('a diverged run', () => {
  test('is launched again from its last checkpoint, with its own files, at a lower rate', async () => {
    const { studio, workspace, folder } = await diverged()
    const { before, request, notes } = await studio.client.pipelines.recovery({ id: 'p.image-teacher' })
    expect(request.continues).toEqual({ run: 'p.image-teacher', step: 6 })
    expect(request.configuration['image-teacher'].learningRate).toBeCloseTo(
      before.configuration['image-teacher'].learningRate / 2,
      8,
    )
    expect(Object.keys(request.overrides ?? {})).toContain('image-teacher.learningRate')
    expect(notes).toEqual([])

    writeFileSync(join(workspace, 'runs', 'child.json'), JSON.stringify({ steps: 9 }))
    await studio.client.pipelines.launch({ ...request, name: 'q' })
    const own = join(workspace, 'runs', 'q.image-teacher', runFiles.checkpoints, checkpointFolder(6))
    const card = JSON.parse(readFileSync(join(own, checkpointFiles.card), 'utf8'))
    expect(card).toMatchObject({ runId: 'q.image-teacher', step: 6 })
    // One file on the disk, which stays if either run is deleted.
    const theirs = join(folder, runFiles.checkpoints, checkpointFolder(6), checkpointFiles.model)
    expect(statSync(join(own, checkpointFiles.model)).ino).toBe(statSync(theirs).ino)
    const finished = await untilStatus(studio, 'q.image-teacher', 'finished')
    expect(finished.step).toBe(9)
    const { file } = await studio.client.runs.get({ id: 'q.image-teacher' })
    expect(file?.continues).toEqual({ run: 'p.image-teacher', step: 6 })
    const { startedAt: _, ...other } = finished
    expect(other.summaries.find(({ name }) => name === 'train/loss')?.count).toBe(3)
  })

  test('skips checkpoints that are not finite, and says so; without a good one it begins again', async () => {
    const { studio, folder } = await diverged()
    const spoil = (step: number) =>
      writeFileSync(join(folder, runFiles.checkpoints, checkpointFolder(step), 'not-finite'), '')
    spoil(6)
    const earlier = await studio.client.pipelines.recovery({ id: 'p.image-teacher' })
    expect(earlier.request.continues?.step).toBe(3)
    expect(earlier.notes).toEqual(['The checkpoint p.image-teacher@6 is not used. It has weights that are not finite.'])
    spoil(3)
    const none = await studio.client.pipelines.recovery({ id: 'p.image-teacher' })
    expect(none.request.continues).toBeUndefined()
    expect(none.notes.at(-1)).toBe('The run has no checkpoint to continue from, so it begins again.')
  })

  test('does not continue with settings under which its checkpoint would mean something else', async () => {
    const { studio, workspace } = await diverged()
    const { request } = await studio.client.pipelines.recovery({ id: 'p.image-teacher' })
    const launch = (change: (changed: typeof configuration) => void) => {
      const changed = structuredClone(request)
      change(changed.configuration)
      return refusal(studio.client.pipelines.launch({ ...changed, name: 'q' }))
    }
    expect(await launch((changed) => (changed['image-teacher'].batchSize = 1))).toContain(
      'cannot continue from p.image-teacher@6: image-teacher.batchSize must be as in that run.',
    )
    expect(await launch((changed) => (changed.general.seed = 7))).toContain('general.seed must be')
    expect(await launch((changed) => (changed.stages = ['video-teacher']))).toContain('its stage is')
    expect(existsSync(join(workspace, 'runs', 'q.image-teacher'))).toBe(false)
  })

  test('has its report; another run has none, and is not launched again with a lower rate', async () => {
    const { studio, folder } = await diverged()
    expect(await studio.client.runs.divergence({ id: 'p.image-teacher' })).toBeNull()
    writeFileSync(join(folder, runFiles.divergence), JSON.stringify(report))
    expect(await studio.client.runs.divergence({ id: 'p.image-teacher' })).toEqual(divergenceReport.parse(report))
    writeFileSync(join(folder, runFiles.divergence), '{')
    expect(await refusal(studio.client.runs.divergence({ id: 'p.image-teacher' }))).toContain(
      join(folder, runFiles.divergence),
    )
  })
})

test('a run that has not diverged is refused', async () => {
  const studio = await openTestStudio(temporaryFolder(), { steps: 3 })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (changed) => (changed.stages = ['image-teacher'])),
    name: 'p',
  })
  await untilStatus(studio, 'p.image-teacher', 'finished')
  expect(await refusal(studio.client.pipelines.recovery({ id: 'p.image-teacher' }))).toContain(
    'run-state: The run p.image-teacher is finished; only a diverged run is launched again with a lower learning rate.',
  )
})
