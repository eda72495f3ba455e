import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { views } from './support/views.ts'

/** Folder for screenshots of every view in every size; none are taken if it is not set. */
const pictures = process.env['MVD_SCREENSHOTS']
const inspect = readFileSync(join(import.meta.dirname, 'support/inspect-page.js'), 'utf8')
/** The narrowest supported window. Screenshots are taken in wider ones, too. */
const narrowest = { width: 1024, height: 700 }
const sizes =
  pictures === undefined ? [narrowest] : [narrowest, { width: 1280, height: 800 }, { width: 1600, height: 900 }]

let fake: FakeWindow
beforeAll(async () => {
  fake = await openFakeWindow()
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
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
        if (pictures !== undefined)
          await page.screenshot({
            path: join(pictures, `${name}-${viewport.width}-${colorScheme}.png`),
            animations: 'disabled',
          })
      }
    }
  },
)
