import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type * as Installation from '#main/app/installation.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../../support.ts'
import { app, BrowserWindow, dialog } from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
vi.mock('#main/app/installation.ts', async (importOriginal) => {
  const original = await importOriginal<typeof Installation>()
  const { trainingEntry } = await import('../../support.ts')
  return { ...original, findInstallation: () => ({ ...original.findInstallation(), trainingEntry }) }
})

test('closing the window with runs asks, stays open without a window, can be started again, and stops the runs on request', async () => {
  const workspace = join(realpathSync(temporaryFolder()), 'workspace')
  const earlier = await openTestStudio(workspace, { steps: 100_000, stepMs: 20 })
  await importFolder(earlier, folderOf(videosOf(['fall', 'roll'], 4)))
  const { runIds } = await earlier.client.pipelines.launch(requestFor('shapes'))
  await untilStatus(earlier, runIds[0]!, 'running')
  await earlier.close()

  process.argv.push('--workspace', workspace)
  await import('#main/shells/electron/main.ts')
  app.ready.resolve()
  await vi.waitUntil(() => BrowserWindow.opened.length === 1, { timeout: 20_000 })
  const [first] = BrowserWindow.opened

  dialog.response = 2
  first!.close()
  await expect.poll(() => dialog.questions.length).toBe(1)
  expect(dialog.questions[0]).toMatchObject({
    message: `1 run computing, ${runIds.length - 1} waiting`,
    buttons: ['Keep running', 'Save and stop', 'Cancel'],
  })
  expect(app.exitCode).toBeUndefined()

  dialog.response = 0
  const closed = once(first!, 'closed')
  // The answer to the first question arrives after it.
  await setImmediate()
  first!.close()
  await closed
  expect([dialog.questions.length, app.exitCode]).toEqual([2, undefined])
  app.emit('second-instance')
  expect(BrowserWindow.opened.length).toBe(2)

  dialog.response = 1
  const exited = once(app, 'exited')
  BrowserWindow.opened[1]!.close()
  await exited
  expect([dialog.questions.length, app.exitCode, dialog.errors]).toEqual([3, 0, []])
  const later = await openTestStudio(workspace, {}, false)
  expect((await later.client.runs.list({})).map(({ status }) => status)).toEqual(runIds.map(() => 'stopped'))
})
