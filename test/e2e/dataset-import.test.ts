import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { brokenVideo, copyClasses, videosOfClass } from '../support/videos/index.ts'
import { headingOf, screenshot } from './support/page.ts'
import { openWindow, type TestWindow } from './support/window.ts'

let folder: string
let videos: string
let opened: TestWindow
let page: Page

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-import-'))
  videos = join(folder, 'bed-falls')
  copyClasses(videos, { fall: videosOfClass('fall', 10), roll: videosOfClass('roll', 10) })
  copyFileSync(brokenVideo('text.mp4'), join(videos, 'roll', 'text.mp4'))
  writeFileSync(join(videos, 'notes.txt'), 'Recorded in March.')
  opened = await openWindow(join(folder, 'workspace'))
  page = opened.page
  page.setDefaultTimeout(60_000)
})
afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Names of the split sets of the dataset. */
async function splitSets(): Promise<string[]> {
  const { splitSets: names } = await createRouterClient(opened.studio.router).datasets.get({ name: 'bed-falls' })
  return [...names]
}

test('the preview shows what an import would read, with the shares that it draws splits by, and the import has them', async () => {
  await page.getByRole('button', { name: 'Import folder' }).click()
  const dialog = page.getByRole('dialog', { name: 'Import a folder of videos' })
  await dialog.getByLabel('Folder', { exact: true }).fill(videos)
  await dialog.getByRole('button', { name: 'Preview', exact: true }).click()
  const preview = dialog.getByRole('region', { name: 'What the import would read' })
  await preview.getByText('21 videos').waitFor()
  await preview.getByText('Not part of the dataset:').click()
  await preview.getByText(/1 file.*\.txt/).waitFor()

  await dialog.getByText('Drawn splits', { exact: true }).click()
  await dialog.getByLabel('Training, %').fill('85')
  await dialog.getByText('Training, validation and test must sum to 100 %').waitFor()
  await dialog.getByLabel('Training, %').fill('80')
  await dialog.getByLabel('Validation, %').fill('10')
  await dialog.getByLabel('Test, %').fill('10')
  await preview.getByText('80 % training, 10 % validation, 10 % test').waitFor()
  await preview.getByRole('row', { name: /^fall 8 1 1$/ }).waitFor()
  await screenshot(page, 'dataset-preview')

  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await headingOf(page, 'bed-falls').waitFor()
  await page.getByText(/^20 of 20 videos\. Hover/).waitFor()
  await page.getByText('roll/text.mp4').first().waitFor()
  expect(await splitSets()).toEqual(['default'])
})

test('its splits are drawn again, beside the first', async () => {
  await page.getByRole('button', { name: 'Draw splits again' }).click()
  const dialog = page.getByRole('dialog', { name: 'Draw splits again' })
  await dialog.getByLabel('Training, %').fill('50')
  await dialog.getByLabel('Validation, %').fill('20')
  await dialog.getByLabel('Test, %').fill('30')
  await dialog.getByRole('button', { name: 'Draw', exact: true }).click()
  await dialog.getByText('The split set drawn-2 was drawn.').waitFor()
  await dialog.getByRole('row', { name: /^roll 5 2 3$/ }).waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await dialog.waitFor({ state: 'hidden' })
  expect(await splitSets()).toEqual(['default', 'drawn-2'])
})

test('a video is shown as a stage of a preset takes it in an epoch: the whole frames, the crop, and the mask', async () => {
  const tile = page.locator('[data-index]').filter({ hasText: 'train' }).first()
  await tile.hover()
  await tile.getByRole('button', { name: /^As the model sees/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Preset').click()
  await page.getByRole('option', { name: 'Tiny' }).click()
  await dialog.getByLabel('Stage').click()
  await page.getByRole('option', { name: 'Video teacher' }).click()
  // The preset that is shown first takes a video several times in an epoch.
  await vi.waitFor(async () => expect(await dialog.getByText(/^Step 1,/).count()).toBe(1), { timeout: 20_000 })
  await dialog.getByLabel('Epoch').fill('2')
  await page.keyboard.press('Tab')
  await dialog.getByText(/^Step 2,/).waitFor()
  await dialog
    .getByRole('img', { name: /^With the mask/ })
    .first()
    .waitFor()
  await screenshot(page, 'dataset-seen')
  expect(opened.problems.filter((problem) => !problem.includes('status of 404'))).toEqual([])
})
