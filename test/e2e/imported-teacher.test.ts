import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyTwoClasses } from '../support/videos/index.ts'
import { recorded } from '../training/reference/recorded.ts'
import { goTo, headingOf, panelOf, screenshot } from './support/page.ts'
import { openWindow, type TestWindow } from './support/window.ts'

/** A run trains, on a machine that may be busy. */
const patience = 120_000

let folder: string
let opened: TestWindow
let page: Page

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-imported-teacher-'))
  copyTwoClasses(join(folder, 'videos'), 6)
  opened = await openWindow(join(folder, 'workspace'))
  page = opened.page
  page.setDefaultTimeout(20_000)
  for await (const event of await createRouterClient(opened.studio.router).datasets.import({
    directory: join(folder, 'videos'),
    name: 'falls',
  })) {
    if (event.type === 'done' && event.dataset.videoCount !== 12)
      throw new Error(`Of 12 videos ${event.dataset.videoCount} were imported.`)
  }
}, 60_000)

afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test(
  'a model is imported, its missing information is completed, and a student is distilled from it',
  { timeout: 2 * patience },
  async () => {
    await importTeacher()
    await readTheReport()
    await launchDistillation()
    await followTheTeacherFromTheStudent()
    expect(opened.problems).toEqual([])
  },
)

async function importTeacher(): Promise<void> {
  await goTo(page, 'Checkpoints')
  await page.getByRole('button', { name: 'Import model' }).click()
  const dialog = page.getByRole('dialog', { name: 'Import a model' })
  await dialog.getByLabel('File or folder').fill(recorded('checkpoints'))
  await dialog.getByRole('button', { name: 'mae.pth', exact: true }).click()
  await expect.poll(() => dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('mae')
  await screenshot(page, 'real-import')
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await headingOf(page, 'mae').waitFor()
}

async function readTheReport(): Promise<void> {
  const report = panelOf(page, 'Import report')
  await report.getByText('38 stored as F32').waitFor()
  await report.getByText('Matched').click()
  await report.getByText('blocks.0.attn.qkv.bias', { exact: true }).waitFor()
  await page.getByRole('list', { name: 'Licence notes' }).getByText('CC BY-NC 4.0').waitFor()
  await screenshot(page, 'real-import-report')
  const questions = panelOf(page, 'Missing information')
  await questions.getByRole('textbox', { name: 'Attention heads', exact: true }).fill('4')
  await questions.getByRole('textbox', { name: 'Attention heads of the decoder' }).fill('2')
  await questions.getByRole('button', { name: 'Save' }).click()
  await questions.waitFor({ state: 'hidden' })
}

async function launchDistillation(): Promise<void> {
  await goTo(page, 'New pipeline')
  await choose('Image teacher from', /^mae/)
  expect(await page.getByRole('switch', { name: 'Image teacher' }).isChecked()).toBe(false)
  for (const stage of ['Video teacher', 'Fine-tuning', 'Test']) await page.getByRole('switch', { name: stage }).click()
  await choose('Teachers', 'image')
  await page
    .getByRole('tablist', { name: 'Sections of the configuration' })
    .getByRole('tab', { name: 'Distillation' })
    .click()
  const form = page.getByRole('tabpanel', { name: 'Distillation' })
  for (const [label, value] of Object.entries({ Epochs: '2', 'Batch size': '4', 'Warm-up': '0' }))
    await form.getByLabel(label, { exact: true }).fill(value)
  await screenshot(page, 'real-chosen-teacher')
  await page.getByRole('button', { name: 'Launch pipeline' }).click()
  await headingOf(page, 'Runs').waitFor()
  await page.getByRole('grid', { name: 'Runs by pipeline' }).getByText('Finished').waitFor({ timeout: patience })
}

async function followTheTeacherFromTheStudent(): Promise<void> {
  await goTo(page, 'Checkpoints')
  await page
    .getByRole('button', { name: /^Open checkpoint at step/ })
    .first()
    .click()
  await headingOf(page, /^Distillation, step /).waitFor()
  await page.getByRole('list', { name: 'Licence notes' }).getByText('Made with mae').waitFor()
  await screenshot(page, 'real-student')
  await page.getByRole('link', { name: 'mae', exact: true }).click()
  await headingOf(page, 'mae').waitFor()
}

async function choose(select: string, item: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: select, exact: true }).click()
  await page.getByRole('option', { name: item }).first().click()
}
