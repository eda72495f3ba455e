import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyTwoClasses } from '../support/videos/index.ts'
import { goTo, headingOf, screenshot } from './support/page.ts'
import { openWindow, type TestWindow } from './support/window.ts'

// The real studio and window. A stand-in for the training child counts steps; its loss depends on the seed.
let folder: string
let videos: string
let opened: TestWindow
let page: Page

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-sweep-'))
  videos = join(folder, 'videos')
  copyTwoClasses(videos, 4)
  const runs = join(folder, 'workspace', 'runs')
  mkdirSync(runs, { recursive: true })
  writeFileSync(join(runs, 'child.json'), JSON.stringify({ steps: 4, lossPerSeed: 0.1 }))
  opened = await openWindow(join(folder, 'workspace'), resolve('test/fixtures/training-child.ts'))
  page = opened.page
  page.setDefaultTimeout(20_000)
})
afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test(
  'three values with three seeds are launched from the form and read as three bands',
  { timeout: 240_000 },
  async () => {
    await importFolder()
    await goTo(page, 'New pipeline')
    await page.getByLabel('Dataset', { exact: true }).click()
    await page.getByRole('option', { name: /^videos/ }).click()
    await page.getByRole('radiogroup', { name: 'Preset' }).getByText('Tiny', { exact: true }).click()
    for (const stage of ['Test', 'Fine-tuning', 'Distillation', 'Video teacher'])
      await page.getByRole('switch', { name: stage, exact: true }).click()
    await page.getByRole('tab', { name: 'Image teacher' }).click()
    const form = page.getByRole('tabpanel', { name: 'Image teacher' })
    await form.getByLabel('Batch size', { exact: true }).fill('2')
    await form.getByRole('button', { name: 'Vary Mask ratio', exact: true }).click()
    await form.getByLabel('Mask ratio', { exact: true }).fill('0.6, 0.75, 0.9')
    await page.getByLabel('Seeds', { exact: true }).fill('3')
    await page.locator('#name').fill('masks')
    await page.getByRole('button', { name: 'Launch 9 pipelines' }).click()

    await headingOf(page, 'Runs').waitFor()
    await expect
      .poll(() => page.locator('tr[data-run]').filter({ hasText: 'Finished' }).count(), { timeout: 120_000 })
      .toBe(9)
    await page.getByRole('checkbox', { name: 'Select all runs that are shown' }).click()
    await page.getByText('9 selected').waitFor()
    await screenshot(page, 'sweep-runs')
    await page.getByRole('button', { name: 'Compare', exact: true }).click()

    await headingOf(page, 'Compare').waitFor()
    await page.getByRole('button', { name: /^Group runs by: / }).click()
    await page.getByRole('option', { name: /Mask ratio$/ }).click()
    const legend = page.getByRole('region', { name: 'Legend' }).locator('li button[aria-label^=Draw]')
    await expect
      .poll(() => legend.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label'))))
      .toEqual(['0.6', '0.75', '0.9'].map((ratio) => `Draw Mask ratio ${ratio} (3)`))

    // At step 1 the seeds 0, 1 and 2 have losses of 1, 1.1 and 1.2: a mean of 1.1 with a standard error of 0.058.
    const chart = page.getByRole('application', { name: /^Training loss.* at step/ })
    await untilFocused('Group runs by: Image')
    await chart.focus()
    await page.keyboard.press('Home')
    const spoken = page.locator('figure [aria-live]').filter({ hasText: 'Mask ratio' }).first()
    await expect
      .poll(() => spoken.innerText())
      .toMatch(/^Mask ratio 0\.6 \(3\), step 1: 1\.1 \(1\.042 to 1\.158\), mean of 3; Mask ratio 0\.75 /)
    await page.getByRole('combobox', { name: 'Band of a group' }).click()
    await page.getByRole('option', { name: /max/ }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get('band')).toBe('range')
    await untilFocused('Band of a group')
    await chart.focus()
    await page.keyboard.press('Home')
    await expect.poll(() => spoken.innerText()).toMatch(/^Mask ratio 0\.6 \(3\), step 1: 1\.1 \(1 to 1\.2\), mean of 3/)
    await screenshot(page, 'sweep-bands')
    await page.getByRole('button', { name: /^Group runs by: / }).click()
    await page.getByRole('option', { name: 'No groups' }).click()
    await expect.poll(() => legend.count()).toBe(9)
    expect(opened.problems.filter((problem) => !/^error: Failed to load resource: .* 404/.test(problem))).toEqual([])
  },
)

/** A list returns the focus to its button after it has closed. */
async function untilFocused(name: string): Promise<void> {
  await expect
    .poll(() => page.evaluate<string>(`document.activeElement?.getAttribute('aria-label') ?? ''`))
    .toContain(name)
}

async function importFolder(): Promise<void> {
  await page.goto(`${opened.origin}/datasets`)
  await page.getByRole('button', { name: 'Import folder' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Folder', { exact: true }).fill(videos)
  await expect.poll(() => dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('videos')
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await headingOf(page, 'videos').waitFor()
}
