import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'

/** Folder for screenshots; undefined if none are wanted. */
export const screenshotFolder = process.env['MVD_SCREENSHOTS']

export const headingOf = (page: Page, name: string | RegExp): Locator => page.getByRole('heading', { level: 1, name })

/** The first panel with this title. */
export const panelOf = (page: Page, title: string): Locator =>
  page.getByRole('region', { name: title, exact: true }).first()

/** Opens a page of the navigation bar. */
export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
  await headingOf(page, name).waitFor()
}

/** Takes screenshots of the whole page in both themes, if they are wanted. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (screenshotFolder === undefined) return
  mkdirSync(screenshotFolder, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const path = join(screenshotFolder, `${name}-${colorScheme}.png`)
    await page.screenshot({ path, fullPage: true, animations: 'disabled' })
  }
}

/** Presses `/`, which focuses the filter of the page. Keys that are typed before it has the focus would be lost. */
export async function focusFilter(page: Page): Promise<void> {
  const filter = page.locator('input[role=combobox]')
  await filter.first().waitFor()
  await page.keyboard.press('/')
  await filter.and(page.locator(':focus')).waitFor()
}
