import { expect, test } from 'vitest'
import {
  folderOf,
  importFolder,
  openTestStudio,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../support.ts'

test('a launched pipeline runs its stages one after the other, each from the checkpoint before', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  const pipeline = await studio.client.pipelines.launch(requestFor('shapes'))
  expect(pipeline.runIds).toEqual(
    ['image-teacher', 'video-teacher', 'distill', 'finetune', 'evaluate'].map((stage) => `shapes-tiny-1.${stage}`),
  )
  const test = await untilStatus(studio, 'shapes-tiny-1.evaluate', 'finished')
  expect(test).toMatchObject({
    step: 6,
    totalSteps: 6,
    engine: 'counting',
    parameters: 42,
    checkpointCount: 0,
    attempt: 1,
    waitsFor: [],
    clipsPerSecond: 100,
    result: { top1: 0.5 },
  })
  const runs = await studio.client.runs.list({})
  expect(runs.map((run) => run.status)).toEqual(['finished', 'finished', 'finished', 'finished', 'finished'])
  expect(runs.slice(1).every((run, index) => run.startedAt! >= runs[index]!.endedAt!)).toBe(true)
})
