import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { openFakeWindow } from './fake-window.ts'
import { views } from './views.ts'

// Takes screenshots of every view of the built window: `npm run screenshots -- --widths 1024,1440 --out DIR`.
// Ends with 1 if a view cannot be brought into its state.
const usage = `Usage: npm run screenshots -- [options]
  --out DIR         folder of the pictures (default: screenshots)
  --widths LIST     widths of the window in pixels (default: 1024,1440,1920)
  --themes LIST     light, dark or both (default: light,dark)
  --language NAME   en, ja or zh (default: en)
  --only LIST       views whose names contain one of these words
  --full            the window as high as the page, instead of 900 px`

const list = (text: string): string[] => text.split(',').filter((word) => word !== '')
const themes = ['light', 'dark'] as const
const heightPx = 900
/** Above this, Chromium renders a picture too slowly to be useful. */
const maxHeightPx = 6000

interface Options {
  out: string
  widths: number[]
  themes: (typeof themes)[number][]
  language: string
  only: string[]
  isFull: boolean
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'screenshots' },
      widths: { type: 'string', default: '1024,1440,1920' },
      themes: { type: 'string', default: 'light,dark' },
      language: { type: 'string', default: 'en' },
      only: { type: 'string', default: '' },
      full: { type: 'boolean', default: false },
    },
  })
  const widths = list(values.widths).map(Number)
  if (widths.some((width) => !Number.isInteger(width) || width < 320))
    throw new Error(`--widths ${values.widths}: every width is a whole number of pixels from 320.`)
  const unknown = list(values.themes).find((name) => !themes.some((theme) => theme === name))
  if (unknown !== undefined) throw new Error(`--themes ${unknown}: a theme is light or dark.`)
  return {
    out: resolve(values.out),
    widths,
    themes: themes.filter((theme) => list(values.themes).includes(theme)),
    language: values.language,
    only: list(values.only),
    isFull: values.full,
  }
}

/** Views are reached by their English names, so the language is changed after. */
async function useLanguage(page: Page, language: string): Promise<void> {
  const tag = (await page.locator('html').getAttribute('lang')) ?? ''
  if (tag.startsWith(language)) return
  await page.evaluate(`(() => {
    Object.defineProperty(navigator, 'languages', { value: [${JSON.stringify(language)}], configurable: true })
    window.dispatchEvent(new Event('languagechange'))
  })()`)
  await page.locator(`html[lang^="${language}"]`).waitFor({ state: 'attached' })
}

/** Height at which the page needs no scrollbar, in pixels. */
const fullHeight = (page: Page): Promise<number> =>
  page.evaluate<number>(`(() => {
    const main = document.querySelector('#main')
    return innerHeight + (main === null ? 0 : main.scrollHeight - main.clientHeight)
  })()`)

async function shoot(page: Page, name: string, options: Options): Promise<void> {
  for (const width of options.widths) {
    await page.setViewportSize({ width, height: heightPx })
    if (options.isFull) await page.setViewportSize({ width, height: Math.min(maxHeightPx, await fullHeight(page)) })
    for (const colorScheme of options.themes) {
      await page.emulateMedia({ colorScheme })
      await page.locator(colorScheme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor({ state: 'attached' })
      const path = join(options.out, `${name}-${width}-${colorScheme}.png`)
      await page.screenshot({ path, animations: 'disabled' })
    }
  }
}

let options: Options
try {
  options = readOptions()
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause)
  console.error(usage)
  process.exit(1)
}
mkdirSync(options.out, { recursive: true })
const fake = await openFakeWindow()
// Pictures take long on a busy machine.
fake.page.setDefaultTimeout(60_000)
for (const { name, path, world, act } of views) {
  if (options.only.length > 0 && !options.only.some((word) => name.includes(word))) continue
  try {
    await fake.page.setViewportSize({ width: options.widths[0] ?? 1024, height: heightPx })
    await fake.show(path, world)
    await act?.(fake.page)
    await useLanguage(fake.page, options.language)
    await shoot(fake.page, name, options)
    console.log(name)
  } catch (cause) {
    process.exitCode = 1
    console.error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}
await fake.close()
console.log(`Pictures are in ${options.out}`)
