import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from './support/chromium.ts'

let browser: Browser
beforeAll(async () => void (browser = await launchChromium()))
afterAll(() => browser.close())

test('Chromium runs scripts and draws text with a real font', async () => {
  const page = await browser.newPage()
  await page.setContent('<span id="wide">WWWW</span><br><span id="narrow">iiii</span>')
  const [wide, narrow] = await Promise.all(['#wide', '#narrow'].map((id) => page.locator(id).boundingBox()))
  expect(narrow!.width).toBeGreaterThan(0)
  expect(wide!.width).toBeGreaterThan(narrow!.width * 2)
})
