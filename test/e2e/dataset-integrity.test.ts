import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenVideo, copyTwoClasses, readableVideo } from '../support/videos/index.ts'
import { headingOf, panelOf, screenshot } from './support/page.ts'
import { openWindow, type TestWindow } from './support/window.ts'

let folder: string
let videos: string
let opened: TestWindow
let page: Page
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-integrity-'))
  videos = join(folder, 'falls')
  copyTwoClasses(videos, 6)
  copyFileSync(readableVideo('hevc.mkv'), join(videos, 'fall', 'kept.mkv'))
  copyFileSync(readableVideo('hevc.mkv'), join(videos, 'roll', 'copy.mkv'))
  copyFileSync(readableVideo('h264-rotated.mp4'), join(videos, 'roll', 'rotated.mp4'))
  // Its header is whole.
  copyFileSync(brokenVideo('damaged.mp4'), join(videos, 'roll', 'damaged.mp4'))
  opened = await openWindow(join(folder, 'workspace'))
  page = opened.page
  page.setDefaultTimeout(60_000)
})
afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

const files = () => panelOf(page, 'Integrity of the files')
const row = (verdict: string) => files().getByRole('listitem').filter({ hasText: verdict })

test(
  'headers are read within moments, all videos are decoded later, and what is wrong is left out of new runs and taken back',
  { timeout: 300_000 },
  async () => {
    await page.getByRole('button', { name: 'Import folder' }).click()
    const dialog = page.getByRole('dialog', { name: 'Import a folder of videos' })
    await dialog.getByLabel('Folder', { exact: true }).fill(videos)
    await expect.poll(() => dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('falls')
    await dialog.getByRole('switch', { name: 'Read headers only' }).click()
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await headingOf(page, 'falls').waitFor()
    await files().getByText('0 of 16 videos decoded from their first to their last frame').waitFor()
    await row('Same content as another video').getByText('1 file', { exact: true }).waitFor()

    await files().getByRole('button', { name: 'Decode all videos' }).click()
    await files().getByText('16 of 16 videos decoded').waitFor()
    await files().getByRole('button', { name: 'Decode again' }).waitFor()
    await files().getByRole('button', { name: 'Cannot be decoded', exact: true }).click()
    await row('Cannot be decoded').getByRole('cell', { name: 'roll/damaged.mp4', exact: true }).waitFor()
    await screenshot(page, 'dataset-integrity')

    await files().getByRole('button', { name: 'Exclude: Cannot be decoded' }).click()
    await row('Cannot be decoded').getByText('1 of 1 sample excluded').waitFor()
    await files().getByRole('button', { name: 'Stored rotated or mirrored', exact: true }).click()
    await row('Stored rotated').getByRole('button', { name: 'Exclude roll/rotated.mp4' }).click()
    await files().getByText('New runs leave out 2 samples (1 chosen singly).').waitFor()
    await page
      .getByRole('button', { name: /rotated\.mp4/ })
      .filter({ hasText: 'no split' })
      .first()
      .waitFor()

    const saving = page.waitForEvent('download')
    await files().getByRole('button', { name: 'Save report (CSV)' }).click()
    const saved = await saving
    expect(saved.suggestedFilename()).toBe('falls-files.csv')
    const report = readFileSync(await saved.path(), 'utf8')
    expect(report).toMatch(/^roll\/damaged\.mp4,\w+,(train|validation|test),roll,unreadable,.*,unreadable\r$/m)
    expect(report).toMatch(/^roll\/rotated\.mp4,\w+,(train|validation|test),roll,rotated.*,chosen\r$/m)

    await files().getByRole('button', { name: 'Undo the last exclusion' }).click()
    await files().getByText('New runs leave out 1 sample (0 chosen singly)').waitFor()
    await row('Stored rotated').getByRole('button', { name: 'Exclude roll/rotated.mp4' }).waitFor()
    expect(opened.problems.filter((problem) => !/^error: Failed to load resource: .* 404/.test(problem))).toEqual([])
  },
)
