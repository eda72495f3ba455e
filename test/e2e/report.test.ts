import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import { reportOn } from '#main/reports/content.ts'
import { reportHtml } from '#main/reports/html.ts'
import { shapesRuns } from '../main/reports/runs.ts'
import { launchChromium } from './support/chromium.ts'
import { screenshotFolder } from './support/page.ts'

let browser: Browser
const folder = mkdtempSync(join(tmpdir(), 'mvd-report-'))
beforeAll(async () => void (browser = await launchChromium()))
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a report opens from disk without a request, in both themes and in print', async () => {
  const runs = shapesRuns()
  const series = runs.map(({ run }, index): BucketedSeries => ({
    runId: run.id,
    name: 'train/loss',
    width: 1,
    start: [0, 1, 2],
    first: [3, 2, 1],
    last: [3 + index, 2, index === 1 ? 'NaN' : 1],
    min: [3, 2, 1],
    max: [3, 2, 1],
    lastStep: 2,
  }))
  const file = join(folder, 'report.html')
  const document = reportOn({ title: undefined, runs, series, presets: [], version: '0.1.0', madeAt: new Date(0) })
  writeFileSync(file, reportHtml(document))

  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const problems: string[] = []
  const requests: string[] = []
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('console', (message) => problems.push(message.text()))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(pathToFileURL(file).href)

  expect(await page.locator('h1').innerText()).toBe(document.title)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await page.locator('figure svg:visible').count()).toBe(1)
    expect(await page.locator(`figure .${colorScheme} svg`).isVisible()).toBe(true)
    if (screenshotFolder !== undefined)
      await page.screenshot({ path: join(screenshotFolder, `report-${colorScheme}.png`), fullPage: true })
  }
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await page.locator('figure .light svg').isVisible()).toBe(true)
  expect(
    await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  ).toBe(0)
  expect({ problems, requests }).toEqual({ problems: [], requests: [pathToFileURL(file).href] })
  await context.close()
})
