import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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

const stages = ['image-teacher', 'video-teacher', 'distill', 'finetune', 'evaluate'] as const

/** A pipeline of all stages whose image teacher was killed; the video teacher is done, and the others wait. */
async function launchKilled() {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, { crashAt: 5 })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = [...stages])),
    name: 'p',
  })
  await untilStatus(studio, 'p.image-teacher', 'interrupted')
  await untilStatus(studio, 'p.video-teacher', 'interrupted')
  const statuses = async () => (await studio.client.runs.list({})).map(({ status }) => status)
  return { studio, workspace, statuses }
}

test('a resumed run resumes the interrupted runs that it waits for, through others that are queued', async () => {
  const { studio, statuses } = await launchKilled()
  expect(await statuses()).toEqual(['interrupted', 'interrupted', 'queued', 'queued', 'queued'])
  const { client } = studio
  expect((await client.runs.resume({ id: 'p.evaluate' })).status).toBe('queued')
  expect((await statuses()).slice(0, 2).every((status) => status === 'queued' || status === 'running')).toBe(true)
})

test('a resumed pipeline continues with what is left of it, in order; what runs already is no error', async () => {
  const { studio, statuses } = await launchKilled()
  const { client } = studio
  await client.runs.stop({ id: 'p.finetune' })
  const resumed = await client.runs.resumePipeline({ id: 'p' })
  expect(resumed.map(({ id }) => id)).toEqual(stages.map((stage) => `p.${stage}`))
  expect((await statuses()).slice(2)).toEqual(['queued', 'queued', 'queued'])
  expect((await client.runs.resume({ id: 'p.image-teacher' })).status).not.toBe('interrupted')
  await client.runs.resumePipeline({ id: 'p' })
})

test('a finished pipeline, an unknown one and a run whose input is missing are refused with the reason', async () => {
  const { studio, workspace } = await launchKilled()
  expect(await refusal(studio.client.runs.resumePipeline({ id: 'q' }))).toContain('There is no pipeline q.')
  await studio.close()
  rmSync(join(workspace, 'runs', 'p.image-teacher'), { recursive: true })
  const again = await openTestStudio(workspace)
  expect(await refusal(again.client.runs.resume({ id: 'p.evaluate' }))).toBe(
    `run-state: The run p.image-teacher is missing: its folder ${join(workspace, 'runs', 'p.image-teacher')} is gone.
Restore the folder from a backup, then run reindex. Other runs are not affected.`,
  )
  // The rest of the pipeline that does not need it is resumed.
  await again.client.runs.resumePipeline({ id: 'p' })
  await untilStatus(again, 'p.video-teacher', 'finished')
  await again.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'one',
  })
  await untilStatus(again, 'one.image-teacher', 'finished')
  expect(await refusal(again.client.runs.resumePipeline({ id: 'one' }))).toContain(
    'All runs of the pipeline one have finished',
  )
})
