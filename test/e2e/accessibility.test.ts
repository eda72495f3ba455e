import axe from 'axe-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { views } from './support/views.ts'

let fake: FakeWindow
beforeAll(async () => void (fake = await openFakeWindow()))
afterAll(() => fake?.close())

/** What axe-core found, one line for each element. */
interface Violation {
  id: string
  nodes: { target: string[]; html: string; failureSummary: string; any: { relatedNodes: { html: string }[] }[] }[]
}

/** The name of an option is its label; what stands below it is no part of the name. */
const isDescribedOption = (rule: string, html: string): boolean =>
  rule === 'label-content-name-mismatch' && html.includes('role="option"')

// Every page, dialog and state; the rules of WCAG 2.2 AA and axe-core's best practices.
// While a list of choices is open, the page behind it is hidden and only the list is checked.
const run = `(() => {
  const list = document.querySelector('[data-reka-popper-content-wrapper] [role=listbox]')
  return axe.run(list ?? document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: list === null ? {} : { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
    resultTypes: ['violations'],
  })
})().then(({ violations }) => violations)`

test.each(views)('$name breaks no rule of axe-core in either theme', async ({ path, isEmpty, act }) => {
  await fake.show(path, isEmpty)
  await act?.(fake.page)
  await fake.page.evaluate(axe.source)
  for (const colorScheme of ['light', 'dark'] as const) {
    await fake.page.emulateMedia({ colorScheme })
    const violations = await fake.page.evaluate<Violation[]>(run)
    const lines = violations.flatMap(({ id, nodes }) =>
      nodes
        .filter(({ html }) => !isDescribedOption(id, html))
        .map(
          ({ target, html, failureSummary }) => `${id}: ${target.join(' ')}\n${html.slice(0, 300)}\n${failureSummary}`,
        ),
    )
    expect({ colorScheme, lines }).toEqual({ colorScheme, lines: [] })
  }
})
