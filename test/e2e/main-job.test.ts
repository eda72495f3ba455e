import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenVideo, copyTwoClasses } from '../support/videos/index.ts'
import { goTo, headingOf, panelOf, screenshot, screenshotFolder } from './support/page.ts'
import { openWindow, type TestWindow } from './support/window.ts'

const clipsPerClass = 8
const classes = ['fall', 'roll']
/** Five stages are trained, on a machine that may be busy. */
const patience = 120_000

/** Parts of browser types that the test uses; tests are compiled without them. */
interface Picture {
  naturalWidth: number
}
interface Canvas {
  width: number
  height: number
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: Iterable<number> }
  }
}

let folder: string
let videos: string
let exported: string
let opened: TestWindow
let page: Page
/** Failed responses, without previews that do not exist yet. */
const refused: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-main-job-'))
  videos = join(folder, 'bed-falls')
  exported = join(folder, 'exported')
  mkdirSync(exported)
  copyTwoClasses(videos, clipsPerClass)
  copyFileSync(brokenVideo('text.mp4'), join(videos, 'fall', 'text.mp4'))
  opened = await openWindow(join(folder, 'workspace'))
  page = opened.page
  page.setDefaultTimeout(20_000)
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (response.status() >= 400 && !(response.status() === 404 && pathname.startsWith('/media/')))
      refused.push(`${response.status()} ${pathname}`)
  })
  if (screenshotFolder !== undefined) await page.setViewportSize({ width: 1280, height: 800 })
})

afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

test(
  'a folder of videos becomes a dataset, a pipeline, curves, a comparison and an exported student',
  { timeout: 2 * patience },
  async () => {
    await screenshot(page, 'datasets-empty')
    await importFolder()
    await launchTinyPipeline()
    await watchTheVideoTeacher()
    await readTheTest()
    await compareTheTeachers()
    await exportTheStudent()
    await goTo(page, 'Settings')
    await panelOf(page, 'Engines').getByText('available', { exact: true }).first().waitFor({ timeout: patience })
    await screenshot(page, 'settings')

    expect(refused).toEqual([])
    // The console reports missing files without their address; `refused` has the addresses.
    expect(opened.problems.filter((problem) => !/^error: Failed to load resource: .* 404/.test(problem))).toEqual([])
  },
)

async function importFolder(): Promise<void> {
  await page.getByRole('button', { name: 'Import folder' }).click()
  const dialog = page.getByRole('dialog', { name: 'Import a folder of videos' })
  await dialog.getByLabel('Folder', { exact: true }).fill(videos)
  await expect.poll(() => dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('bed-falls')
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()

  await headingOf(page, 'bed-falls').waitFor()
  await panelOf(page, 'Videos').getByText('16 of 16').waitFor()
  const balance = panelOf(page, 'Classes')
  for (const name of classes) {
    const counts = await balance.getByRole('row', { name }).getByRole('cell').allInnerTexts()
    const [train, validation, test, all] = counts
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map(Number)
    expect(all).toBe(clipsPerClass)
    expect(train! + validation! + test!).toBe(clipsPerClass)
    expect(Math.min(train!, test!)).toBeGreaterThan(0)
  }
  const broken = panelOf(page, 'Files that cannot be used (1)').getByRole('row', { name: 'text.mp4' })
  expect((await broken.getByRole('cell').first().innerText()).trim()).toBe('fall/text.mp4')
  expect(await broken.getByRole('cell').last().innerText()).toMatchInlineSnapshot(
    `"This is not a video file: no known video format was found in it."`,
  )
  await screenshot(page, 'dataset')
}

async function launchTinyPipeline(): Promise<void> {
  await page.getByRole('link', { name: 'New pipeline' }).last().click()
  await headingOf(page, 'New pipeline').waitFor()
  await page.getByLabel('Dataset', { exact: true }).click()
  await page.getByRole('option', { name: 'bed-falls (16 videos)' }).click()
  await page.getByRole('radiogroup', { name: 'Preset' }).getByText('Tiny', { exact: true }).click()

  await setFields('General', { 'Checkpoint every': 1, 'Picture every': 1 })
  await setFields('Image teacher', { Epochs: 2, 'Batch size': 4, 'Warm-up': 1 })
  await setFields('Video teacher', { Epochs: 2, 'Batch size': 4, 'Warm-up': 0 })
  await setFields('Distillation', { Epochs: 2, 'Batch size': 4, 'Warm-up': 1 })
  await setFields('Fine-tuning', { Epochs: 2, 'Batch size': 4, 'Warm-up': 1 })
  await screenshot(page, 'new-pipeline')
  await page.getByRole('button', { name: 'Launch pipeline' }).click()

  await headingOf(page, 'Runs').waitFor()
  expect(await runRows().count()).toBe(5)
  await runRow('Image teacher').getByText('Running').waitFor({ timeout: patience })
}

/** The page is opened before the run starts, so that everything it shows arrives by the stream. */
async function watchTheVideoTeacher(): Promise<void> {
  await runRow('Video teacher').getByRole('link', { name: 'Video teacher' }).click()
  await headingOf(page, 'Video teacher').waitFor()
  await page.getByRole('application', { name: /^Training loss\. Video teacher: \d/ }).waitFor({ timeout: patience })
  const chart = page.getByRole('figure', { name: 'Training loss' })
  expect(await drawnPixels(chart.locator('canvas').first())).toBeGreaterThan(0)
  await screenshot(page, 'run-live')

  await page.getByRole('tab', { name: 'Pictures' }).click()
  const masked = page.getByRole('img', { name: /^Masked, / })
  await masked.waitFor({ timeout: patience })
  await expect.poll(() => masked.evaluate((image: Picture) => image.naturalWidth)).toBeGreaterThan(16)
  await screenshot(page, 'run-pictures')

  await page.getByRole('tab', { name: 'Curves' }).click()
  await page
    .getByRole('navigation', { name: /^Stages of/ })
    .getByRole('link', { name: 'Video teacher (Finished)' })
    .waitFor({ timeout: patience })
  await chart.getByRole('button', { name: 'Training loss: show as table' }).click()
  const losses = await chart.getByRole('region', { name: 'Training loss as table' }).getByRole('cell').allInnerTexts()
  expect(losses.length).toBeGreaterThan(1)
  for (const loss of losses) expect(Number(loss)).toBeGreaterThan(0)
  await page
    .getByRole('navigation', { name: /^Stages of/ })
    .getByRole('link', { name: 'Test (Finished)' })
    .waitFor({ timeout: patience })
}

async function readTheTest(): Promise<void> {
  await page
    .getByRole('navigation', { name: /^Stages of/ })
    .getByRole('link', { name: 'Distillation' })
    .click()
  await headingOf(page, 'Distillation').waitFor()
  await page.getByRole('application', { name: /^Training loss\. / }).waitFor()
  await screenshot(page, 'run-distillation')
  await page.getByRole('tab', { name: 'Pictures' }).click()
  await page.getByText('Error, video teacher').first().waitFor()
  await screenshot(page, 'run-error-maps')

  await page
    .getByRole('navigation', { name: /^Stages of/ })
    .getByRole('link', { name: 'Test' })
    .click()
  await headingOf(page, 'Test').waitFor()
  await page.getByRole('tab', { name: 'Result' }).click()
  await panelOf(page, 'Confusion matrix').waitFor()
  const top1 = await page.getByRole('tabpanel', { name: 'Result' }).getByRole('definition').first().innerText()
  expect(top1).toMatch(/^\d+\.\d %\s*chance 50\.0 %$/)
  await screenshot(page, 'run-test')
}

async function compareTheTeachers(): Promise<void> {
  await goTo(page, 'Runs')
  await runRow('Image teacher').getByRole('checkbox').click()
  await runRow('Video teacher').getByRole('checkbox').click()
  await page.getByText('2 selected').waitFor()
  await screenshot(page, 'runs')
  await page.getByRole('button', { name: 'Compare' }).click()

  await headingOf(page, 'Compare').waitFor()
  await page.getByRole('application', { name: /^Training loss\. .*Image teacher: \d.*; .*Video teacher: \d/ }).waitFor()
  await screenshot(page, 'compare-curves')
  await page.getByRole('tab', { name: 'Configuration' }).click()
  const configuration = panelOf(page, 'Configuration')
  await configuration.getByRole('row', { name: /^Video teacher\s+only in bed-falls-tiny-1 · Video teacher$/ }).waitFor()
  const maskRatios = await configuration.getByRole('row', { name: /^Mask ratio/ }).allInnerTexts()
  expect(
    maskRatios.map((text) =>
      text
        .split('\t')
        .slice(1, 3)
        .map((cell) => cell.trim()),
    ),
  ).toEqual([['0.75', '0.9']])
  await configuration.getByRole('switch', { name: 'Show all' }).click()
  await configuration
    .getByRole('row', { name: /^Normalise targets/ })
    .first()
    .waitFor()
  await screenshot(page, 'compare-configuration')
  await page.getByRole('tab', { name: 'Metrics' }).click()
  await screenshot(page, 'compare-metrics')
}

async function exportTheStudent(): Promise<void> {
  await goTo(page, 'Checkpoints')
  await page.getByRole('combobox', { name: 'Filter checkpoints' }).fill('distillation')
  await page.getByRole('switch', { name: 'Final only' }).click()
  await page.getByRole('status').filter({ hasText: '1 of ' }).waitFor()
  await screenshot(page, 'checkpoints')
  await page.getByRole('button', { name: /^Open checkpoint at step/ }).click()

  await headingOf(page, /^Distillation, step /).waitFor()
  const tensors = page.getByRole('region', { name: 'Tensors' })
  await tensors
    .getByRole('row', { name: /^blocks\.0\.attn\.qkv\.weight/ })
    .getByText('288 × 96')
    .waitFor()
  await screenshot(page, 'checkpoint')

  await page.getByRole('button', { name: 'Export', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Export checkpoint' })
  await dialog.getByLabel('Folder', { exact: true }).fill(exported)
  await dialog.getByLabel('File name').fill('student.safetensors')
  await dialog.getByRole('button', { name: 'Export', exact: true }).click()
  await dialog.getByText('identical to the checkpoint').waitFor()
  expect(statSync(join(exported, 'student.safetensors')).size).toBeGreaterThan(100_000)
  expect(await dialog.getByRole('status').innerText()).toContain(join(exported, 'student.safetensors'))
  await dialog.getByRole('button', { name: 'Done' }).click()
  await dialog.waitFor({ state: 'hidden' })

  await page.getByRole('button', { name: 'Export', exact: true }).click()
  await dialog.getByLabel('Format').click()
  await page.getByRole('option', { name: 'ONNX' }).click()
  await dialog.getByRole('button', { name: 'Export', exact: true }).click()
  await dialog.getByText(/^at most .* in /).waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect(readdirSync(exported).toSorted()).toEqual([
    expect.stringMatching(/-distill-step-\d+\.onnx$/),
    'student.safetensors',
  ])
  expect(await panelOf(page, 'Exports').getByRole('rowheader').allInnerTexts()).toEqual(['ONNX', 'safetensors'])
  await screenshot(page, 'exports')
}

const runRows = (): Locator => page.getByRole('grid', { name: 'Runs by pipeline' }).locator('tr[data-run]')
const runRow = (stage: string): Locator =>
  runRows().filter({ has: page.getByRole('link', { name: stage, exact: true }) })

async function setFields(part: string, values: Record<string, number>): Promise<void> {
  await page.getByRole('tablist', { name: 'Sections of the configuration' }).getByRole('tab', { name: part }).click()
  const form = page.getByRole('tabpanel', { name: part })
  for (const [label, value] of Object.entries(values)) await form.getByLabel(label, { exact: true }).fill(String(value))
}

/** Number of pixels of a canvas that are not transparent. */
const drawnPixels = (canvas: Locator): Promise<number> =>
  canvas.evaluate(
    (element: Canvas) =>
      [...element.getContext('2d').getImageData(0, 0, element.width, element.height).data].filter(
        (value, index) => index % 4 === 3 && value > 0,
      ).length,
  )
