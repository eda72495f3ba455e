import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyTwoClasses } from '../support/videos/index.ts'
import { openWindow, type TestWindow } from './support/window.ts'

let folder: string
let opened: TestWindow

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-versions-'))
  copyTwoClasses(join(folder, 'videos'), 3)
  opened = await openWindow(join(folder, 'workspace'))
  opened.page.setDefaultTimeout(20_000)
  const { datasets } = createRouterClient(opened.studio.router)
  const events = await datasets.import({ directory: join(folder, 'videos'), name: 'falls' })
  for await (const event of events)
    if (event.type === 'done' && event.dataset.videoCount !== 6)
      throw new Error(`Of 6 videos ${event.dataset.videoCount} were imported.`)
}, 60_000)

afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('a video is played frame by frame', async () => {
  const { page, origin } = opened
  await page.goto(`${origin}/datasets/falls`)
  await page.locator('[data-index="0"]').hover()
  await page
    .getByRole('button', { name: /frame by frame$/ })
    .first()
    .click()
  const player = page.getByRole('dialog')
  await player.locator('[role=img][aria-busy=false]').waitFor()
  const picture = () => player.getByRole('img').getAttribute('style')
  const first = await picture()
  await page.keyboard.press('ArrowRight')
  await player.getByText(/^Frame 1 of \d+/).waitFor()
  expect(await picture()).not.toBe(first)
  await page.keyboard.press('End')
  const last = Number(/of (\d+)/.exec(await player.getByText(/^Frame \d+ of/).innerText())?.[1])
  await player.getByText(new RegExp(`^Frame ${last} of ${last},`)).waitFor()
  await player.locator('[role=img][aria-busy=false]').waitFor()
  await player.getByRole('button', { name: 'Play', exact: true }).click()
  await player.getByText(new RegExp(`^Frame [1-9]\\d* of ${last},`)).waitFor()
  await player.getByRole('button', { name: 'Pause' }).click()
  await page.keyboard.press('Escape')
  await player.waitFor({ state: 'hidden' })
})

test('a folder that changed is read again as a version, and the page says what changed', async () => {
  const { page, origin, problems } = opened
  await page.goto(`${origin}/datasets/falls`)
  const versions = page.getByRole('region', { name: 'Versions' })
  await versions.getByText('There is one version.').waitFor()
  await versions.getByRole('button', { name: 'Read the folder again' }).click()
  await versions.getByText('Nothing has changed since the import.').waitFor()
  const [first = ''] = readdirSync(join(folder, 'videos', 'fall'))
  rmSync(join(folder, 'videos', 'fall', first))
  await versions.getByRole('button', { name: 'Read the folder again' }).click()
  await versions.getByRole('row', { name: /^2 \(current\).*1 sample removed/ }).waitFor()
  await page.getByText(/^5 of 5 videos\. Hover/).waitFor()
  // A preview that is not made yet is asked for again.
  expect(problems.filter((problem) => !problem.includes('status of 404'))).toEqual([])
})
