import { expect, test } from 'vitest'
import { folderOf, importFolder, openTestStudio, requestFor, temporaryFolder, videosOf } from '../../support.ts'
import { call } from './call.ts'

test('compare takes runs by id and by a filter, and names those whose differences are not of the configuration alone', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, {}, false)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  for (const [name, maskRatio] of [
    ['p', 0.75],
    ['q', 0.5],
  ] as const)
    await studio.client.pipelines.launch({
      ...requestFor('shapes', (configuration) => {
        configuration.stages = ['image-teacher', 'video-teacher']
        configuration['image-teacher'].maskRatio = maskRatio
      }),
      name,
    })
  await studio.close()
  const compare = (...words: string[]) => call(workspace, 'compare', ...words)

  expect(await compare('q.image-teacher', '--filter', 'stage = image-teacher')).toMatchObject({
    runs: ['q.image-teacher', 'p.image-teacher'],
    otherData: [],
    configuration: [{ section: 'image-teacher', rows: [{ key: 'maskRatio', values: [0.5, 0.75] }] }],
  })
  expect(await compare('--filter', 'pipeline:p', '--baseline', 'p.video-teacher')).toMatchObject({
    runs: ['p.video-teacher', 'p.image-teacher'],
    otherData: [{ reason: 'stage', runs: ['p.image-teacher'] }],
  })
  await expect(compare()).rejects.toThrow('No run is named.')
  await expect(compare('--filter', 'pipeline:none')).rejects.toThrow('No run matches the filter pipeline:none.')
  await expect(compare('--filter', 'maskRato > 1')).rejects.toThrow('is not understood')
})
