import { expect, test } from 'vitest'
import type { QueueState } from '#contract/domain/queue.ts'
import { folderOf, importFolder, openTestStudio, requestFor, temporaryFolder, videosOf } from '../../support.ts'
import { call } from './call.ts'

test('the queue is listed, moved, held, released and given priorities, and a pipeline is cancelled', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, {}, false)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  for (const name of ['a', 'b', 'c'])
    await studio.client.pipelines.launch({
      ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
      name,
    })
  await studio.close()

  const queue = async (...args: string[]) =>
    ((await call(workspace, 'queue', ...args)) as QueueState).queued.map(
      ({ runId, priority, reason }) => `${runId.split('.')[0]} ${priority} ${reason.kind}`,
    )
  const [a, b, c] = ['a.image-teacher', 'b.image-teacher', 'c.image-teacher'] as const
  expect(await queue('list')).toEqual(['a normal slot', 'b normal slot', 'c normal slot'])
  expect(await queue('move', c, '--before', a)).toEqual(['c normal slot', 'a normal slot', 'b normal slot'])
  expect(await queue('move', c, '--after', a)).toEqual(['a normal slot', 'c normal slot', 'b normal slot'])
  expect(await queue('move', b, c, '--first')).toEqual(['b normal slot', 'c normal slot', 'a normal slot'])
  expect(await queue('move', b, '--last')).toEqual(['c normal slot', 'a normal slot', 'b normal slot'])
  await expect(queue('move', b)).rejects.toThrow('Say where the runs shall be.')
  await expect(queue('move', b, '--after', b)).rejects.toThrow('does not wait with the same priority')
  expect(await queue('priority', a, '--set', 'high')).toEqual(['a high slot', 'c normal slot', 'b normal slot'])
  expect(await queue('hold', c)).toEqual(['a high slot', 'c normal held', 'b normal slot'])
  await call(workspace, 'run', 'release', c)
  await call(workspace, 'run', 'hold', b)
  expect(await queue('list')).toEqual(['a high slot', 'c normal slot', 'b normal held'])
  expect(await call(workspace, 'pipeline', 'cancel', 'c')).toMatchObject([{ id: c, status: 'stopped' }])
  expect(await queue('list')).toEqual(['a high slot', 'b normal held'])
  await expect(call(workspace, 'run', 'pause', a)).rejects.toThrow('so it cannot be paused')
  await expect(call(workspace, 'run', 'stop', a, '--now')).rejects.toThrow('so it cannot be ended')
  await expect(call(workspace, 'run', 'save', a)).rejects.toThrow('cannot be saved')
})
