import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { views } from './support/views.ts'

const inspect = readFileSync(join(import.meta.dirname, 'support/inspect-page.js'), 'utf8')
const usual = { width: 1280, height: 800 }
/** The narrowest supported window, in which texts are cut off first. */
const narrowest = { width: 1024, height: 700 }

let fake: FakeWindow
beforeAll(async () => void (fake = await openFakeWindow()))
afterAll(() => fake?.close())

interface Violation {
  id: string
  nodes: { target: string[]; html: string; failureSummary: string }[]
}
interface Inspection {
  unreadable: string[]
  cut: string[]
  overflow: number
}

/** The name of an option is its label; what stands below it is no part of the name. */
const isDescribedOption = (rule: string, html: string): boolean =>
  rule === 'label-content-name-mismatch' && html.includes('role="option"')

const everyRule = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** The rules of axe-core that read colours. The theme changes colours only, so the others are checked in one theme. */
const colourRules = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

/** What axe-core finds in the page, one text for each element. */
async function violations(rules: typeof everyRule | typeof colourRules): Promise<string[]> {
  // While a list of choices or a menu is open, only that is checked: it lies outside of the page's landmarks.
  const found = await fake.page.evaluate<Violation[]>(`(() => {
    const list = document.querySelector('[data-reka-popper-content-wrapper] :is([role=listbox], [role=menu])')
    return axe.run(list ?? document, {
      runOnly: ${JSON.stringify(rules)},
      rules: list === null ? {} : { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
      resultTypes: ['violations'],
    })
  })().then(({ violations }) => violations)`)
  return found.flatMap(({ id, nodes }) =>
    nodes
      .filter(({ html }) => !isDescribedOption(id, html))
      .map(
        ({ target, html, failureSummary }) => `${id}: ${target.join(' ')}\n${html.slice(0, 300)}\n${failureSummary}`,
      ),
  )
}

async function useTheme(colorScheme: 'light' | 'dark'): Promise<void> {
  await fake.page.emulateMedia({ colorScheme })
  await fake.page.locator(colorScheme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor({ state: 'attached' })
}

// Every page, dialog and state; the rules of WCAG 2.2 AA and axe-core's best practices.
test.each(views)(
  '$name breaks no rule of axe-core, is readable in both themes, and nothing is cut off',
  async (view) => {
    const { page, show } = fake
    await page.setViewportSize(usual)
    await useTheme('light')
    await show(view.path, view.world)
    await view.act?.(page)
    expect(fake.refusals.splice(0)).toEqual([])
    await page.evaluate(axe.source)
    const found: Record<string, unknown> = { 'axe-core, light': await violations(everyRule) }
    await useTheme('dark')
    found['axe-core, dark'] = await violations(colourRules)
    await page.setViewportSize(narrowest)
    for (const theme of ['dark', 'light'] as const) {
      await useTheme(theme)
      found[`${narrowest.width} px, ${theme}`] = await page.evaluate<Inspection>(inspect)
    }
    // axe-core adds styles of its own.
    fake.refusals.splice(0)
    const clean: Inspection = { unreadable: [], cut: [], overflow: 0 }
    expect(found).toEqual({
      'axe-core, light': [],
      'axe-core, dark': [],
      '1024 px, dark': clean,
      '1024 px, light': clean,
    })
  },
)
