import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openWorkspace } from '#main/app/workspace.ts'
import { app, BrowserWindow, dialog } from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))

const workspace = mkdtempSync(join(tmpdir(), 'mvd-electron-'))
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

test('a workspace that is open elsewhere is said in a box, and the program ends', async () => {
  const other = openWorkspace(workspace)
  process.argv.push('--workspace', workspace)
  await import('#main/shells/electron/main.ts')
  app.ready.resolve()
  await vi.waitUntil(() => app.exitCode !== undefined, { timeout: 20_000 })
  other.close()
  expect(app.exitCode).toBe(1)
  expect(BrowserWindow.opened).toEqual([])
  expect(dialog.errors).toEqual([
    [`The workspace ${workspace} is already open in another studio.`, expect.stringContaining('--workspace')],
  ])
})
