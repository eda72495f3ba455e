import type { Page } from 'playwright-core'
import { launchChromium } from '../../test/e2e/support/chromium.ts'
import { processorMs, residentBytes } from '../screen/processes.ts'

export interface PageFigures {
  /** Until the visible charts are drawn. */
  readonly ms: number
  readonly pageProcessorMs: number
  readonly pageBytes: number
  readonly charts: number
}

/**
 * Opens a page in a new Chromium and waits until its visible charts are drawn and it has drawn two frames without other work.
 * @param prepare opens the program once, so that its files are in the cache of the browser
 * @param open goes to the page with the charts
 * @param charts selector of a chart
 * @param busy selector of what is shown while a chart is loaded
 */
export async function timePage(
  prepare: (page: Page) => Promise<void>,
  open: (page: Page) => Promise<unknown>,
  { charts, busy }: { charts: string; busy: string },
): Promise<PageFigures> {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
    await prepare(page)
    await page.goto('about:blank')
    const session = await browser.newBrowserCDPSession()
    const pages = async () => {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo')
      return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
    }
    const total = async (of: (pid: number) => number) => (await pages()).reduce((sum, id) => sum + of(id), 0)
    const before = { page: await total(processorMs), at: performance.now() }
    await open(page)
    const box = page.locator(charts).first()
    await box.waitFor({ timeout: 120_000 })
    await page.waitForFunction(
      `[...document.querySelectorAll(${JSON.stringify(busy)})].every((node) => node.getClientRects().length === 0)`,
      undefined,
      { timeout: 120_000 },
    )
    await page.evaluate(quiet)
    return {
      ms: performance.now() - before.at,
      pageProcessorMs: (await total(processorMs)) - before.page,
      pageBytes: await total(residentBytes),
      charts: await page.locator(charts).count(),
    }
  } finally {
    await browser.close()
  }
}

const quiet = `new Promise((done) => {
  let quiet = 0
  let last = performance.now()
  const frame = (now) => {
    quiet = now - last < 40 ? quiet + 1 : 0
    last = now
    if (quiet >= 2) done()
    else requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
})`
