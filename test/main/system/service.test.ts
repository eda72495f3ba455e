import { mkdirSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf, openTestStudio, refusal, temporaryFolder } from '../support.ts'

test('the studio describes its machine and its version', async () => {
  const workspace = temporaryFolder()
  const { client } = await openTestStudio(workspace)
  expect(await client.system.info({})).toMatchObject({
    version: '0.0.0',
    workspace,
    shell: 'browser',
    node: process.versions.node,
  })
  expect(await client.system.engines({})).toMatchObject([{ name: 'cpu', isPresent: true, verdict: 'remembered' }])
  expect(await client.system.engines({ again: true })).toMatchObject([{ name: 'cpu', verdict: 'tried again' }])
})

test('folders come first, then videos; hidden and other files are left out', async () => {
  const { client } = await openTestStudio(temporaryFolder())
  const folder = folderOf({ 'b.mp4': '', 'a.mkv': '', 'notes.txt': '', '.hidden/x.mp4': '', 'zoo/x.mp4': '' })
  mkdirSync(join(folder, 'empty'))
  symlinkSync(join(folder, 'gone'), join(folder, 'dangling'))
  symlinkSync(join(folder, 'zoo'), join(folder, 'linked'))
  expect(await client.system.browse({ path: folder })).toEqual({
    path: folder,
    parent: dirname(folder),
    entries: [
      ...['empty', 'linked', 'zoo'].map((name) => ({ name, path: join(folder, name), isDirectory: true })),
      ...['a.mkv', 'b.mp4'].map((name) => ({ name, path: join(folder, name), isDirectory: false })),
    ],
  })
  expect((await client.system.browse({})).path).toBe(homedir())
  expect(await client.system.browse({ path: '/' })).toMatchObject({ path: '/', parent: null })
})

test('a folder that cannot be shown is named', async () => {
  const { client } = await openTestStudio(temporaryFolder())
  const folder = folderOf({ 'a.mp4': '' })
  const refuse = async (path: string) => (await refusal(client.system.browse({ path }))).replaceAll(folder, '<folder>')
  expect([await refuse(join(folder, 'gone')), await refuse(join(folder, 'a.mp4'))]).toMatchInlineSnapshot(`
    [
      "not-found: The folder <folder>/gone does not exist.
    Check the path.",
      "bad-request: <folder>/a.mp4 is a file, not a folder.
    Choose the folder that holds it.",
    ]
  `)
})
