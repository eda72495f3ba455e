import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { screenshotFolder } from './support/page.ts'
import { views } from './support/views.ts'

const inspect = readFileSync(join(import.meta.dirname, 'support/inspect-page.js'), 'utf8')
/** The narrowest supported window. Screenshots are taken in wider ones, too. */
const narrowest = { width: 1024, height: 700 }
const sizes =
  screenshotFolder === undefined ? [narrowest] : [narrowest, { width: 1280, height: 800 }, { width: 1600, height: 900 }]

let fake: FakeWindow
beforeAll(async () => {
  fake = await openFakeWindow()
  if (screenshotFolder !== undefined) mkdirSync(screenshotFolder, { recursive: true })
})
afterAll(() => fake?.close())

test.each(views)(
  '$name: every text has contrast in both themes, nothing is cut off',
  async ({ name, path, isEmpty, act }) => {
    const { page, show } = fake
    await page.setViewportSize(sizes[0]!)
    await show(path, isEmpty)
    await act?.(page)
    for (const viewport of sizes) {
      await page.setViewportSize(viewport)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.locator(colorScheme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor()
        expect({ viewport, colorScheme, ...(await page.evaluate<object>(inspect)) }).toEqual({
          viewport,
          colorScheme,
          unreadable: [],
          cut: [],
          overflow: 0,
        })
        if (screenshotFolder !== undefined)
          await page.screenshot({
            path: join(screenshotFolder, `${name}-${viewport.width}-${colorScheme}.png`),
            animations: 'disabled',
          })
      }
    }
  },
)
