import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTestStudio, refusal, temporaryFolder } from '../support.ts'

const view = { name: 'Best students', page: '/runs', query: 'filter=stage%3Adistill&sort=test.top1' }

test('views are saved in the workspace, replaced on request, and a removed one comes back in its position', async () => {
  const workspace = temporaryFolder()
  const { client } = await openTestStudio(workspace)
  expect(await client.views.list({})).toEqual([])
  const second = { ...view, name: 'All' }
  await client.views.save({ view })
  expect(await client.views.save({ view: second })).toEqual([view, second])
  const changed = { ...view, query: 'filter=x' }
  expect(await refusal(client.views.save({ view: changed }))).toMatch(/^already-exists: .*Best students/)
  expect(await client.views.save({ view: changed, replace: true })).toEqual([changed, second])
  const removed = await client.views.remove({ page: '/runs', name: 'Best students' })
  expect(removed).toEqual({ view: changed, index: 0 })
  expect(await refusal(client.views.remove({ page: '/runs', name: 'Best students' }))).toMatch(/^not-found/)
  expect(await client.views.restore(removed)).toEqual([changed, second])
  expect(await refusal(client.views.restore(removed))).toMatch(/^already-exists/)
  expect(JSON.parse(readFileSync(join(workspace, 'views.json'), 'utf8'))).toEqual({
    version: 1,
    views: [changed, second],
  })
})

test('a damaged file is named and not overwritten, and a page is a path of the window', async () => {
  const workspace = temporaryFolder()
  const { client } = await openTestStudio(workspace)
  expect(await refusal(client.views.save({ view: { ...view, page: 'https://example.org' } }))).toContain('view.page')
  writeFileSync(join(workspace, 'views.json'), '{"version": 1')
  expect(await refusal(client.views.list({}))).toContain('views.json')
  expect(await refusal(client.views.save({ view }))).toContain('views.json')
  expect(readFileSync(join(workspace, 'views.json'), 'utf8')).toBe('{"version": 1')
})
