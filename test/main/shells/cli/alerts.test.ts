import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../support.ts'
import { call } from './call.ts'

test('alerts are added, listed without secrets, tested and removed', async () => {
  const workspace = temporaryFolder()
  const got = join(workspace, 'got.txt')
  const program = join(workspace, 'program.cjs')
  writeFileSync(program, 'require("node:fs").writeFileSync(process.argv[2], process.env.MVD_MESSAGE)')
  const rule = ['--on', 'failed,plateau', '--patience', '5', '--command', process.execPath, program, got]
  const command = await call(workspace, 'alert', 'add', ...rule)
  expect(command).toMatchObject({ kinds: ['failed', 'plateau'], plateau: { patience: 5 } })
  await call(workspace, 'alert', 'add', '--on', 'all', '--webhook', 'https://hooks.example/secret', '--format', 'slack')
  const listed = (await call(workspace, 'alert', 'list')) as { id: string }[]
  expect(listed).toHaveLength(2)
  expect(JSON.stringify(listed)).not.toContain('secret')
  expect(await call(workspace, 'alert', 'test', listed[0]?.id ?? '')).toEqual({ delivered: true })
  expect(readFileSync(got, 'utf8')).toBe('This is a test alert of MVD Studio.')
  await call(workspace, 'alert', 'remove', listed[0]?.id ?? '')
  expect(await call(workspace, 'alert', 'list')).toHaveLength(1)
})

test('an alert with a wrong event, address or channel is refused', async () => {
  const workspace = temporaryFolder()
  const add = (...words: string[]) => call(workspace, 'alert', 'add', ...words)
  await expect(add('--on', 'failed', '--webhook', 'ftp://x')).rejects.toThrow('https:// or http://')
  await expect(add('--on', 'failed')).rejects.toThrow('An alert has one channel.')
  await expect(add('--on', 'failed', '--desktop', '--webhook', 'https://x.example')).rejects.toThrow(
    'An alert has one channel.',
  )
})
