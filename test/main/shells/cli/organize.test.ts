import { expect, test } from 'vitest'
import { folderOf, importFolder, openTestStudio, requestFor, temporaryFolder, videosOf } from '../../support.ts'
import { call } from './call.ts'

test('runs are labelled, moved to the trash, listed, restored and purged', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, {}, false)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  await studio.client.runs.stop({ id: 'p.image-teacher' })
  await studio.close()

  await call(workspace, 'run', 'label', 'p.image-teacher', 'p', '--tag', 'a', '--tag', 'b', '--star', '--name', 'Base')
  expect(await call(workspace, 'run', 'label', 'p.image-teacher', '--untag', 'a', '--no-star')).toEqual({
    previous: [{ kind: 'run', id: 'p.image-teacher', set: { tags: ['a', 'b'], isStarred: true } }],
  })
  await expect(call(workspace, 'run', 'label', 'p', '--tag', 'Not one')).rejects.toThrow('lower-case')
  expect(await call(workspace, 'run', 'trash', 'p')).toMatchObject([{ entryId: 'p~1', name: 'Base' }])
  expect(await call(workspace, 'trash', 'list')).toMatchObject([{ entryId: 'p~1', runIds: ['p.image-teacher'] }])
  expect(await call(workspace, 'run', 'restore', 'p~1')).toMatchObject({ warnings: [] })
  expect(await call(workspace, 'run', 'list')).toMatchObject([{ organization: { name: 'Base', tags: ['b'] } }])
  await call(workspace, 'run', 'trash', 'p')
  expect(await call(workspace, 'trash', 'purge', 'p~1')).toEqual({ bytes: expect.any(Number) })
  expect(await call(workspace, 'view', 'list')).toEqual([])
})
