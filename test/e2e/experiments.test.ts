import { afterAll, beforeAll, expect, test } from 'vitest'
import { addRuns } from '../renderer/support/fake-many.ts'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { focusFilter } from './support/page.ts'

let fake: FakeWindow
beforeAll(async () => {
  fake = await openFakeWindow((world) => void addRuns(world, { pipelines: 30 }))
  await fake.page.setViewportSize({ width: 1440, height: 900 })
})
afterAll(() => fake?.close())

/** Many steps with a browser, on a machine that may be busy. */
const limits = { timeout: 180_000 }

const query = () => new URL(fake.page.url()).searchParams
const filter = () => fake.page.getByRole('combobox', { name: 'Filter runs' })
const numbers = (text: string) => text.match(/[+−-]?\d+(\.\d+)?/g) ?? []
const rows = () => fake.page.locator('tr[data-run]')

test(
  'a view with columns, sort, groups and filter is saved, survives a reload, and Back returns from it',
  limits,
  async () => {
    const { page, show } = fake
    // Only columns in sight are drawn.
    await show('/runs?columns=status,tag')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByLabel('Search columns').fill('validation top-1')
    await page.getByRole('checkbox', { name: 'Validation top-1, last' }).click()
    await page.keyboard.press('Escape')
    await page
      .getByRole('columnheader', { name: /^Validation top-1 last/ })
      .getByRole('button')
      .first()
      .click()
    await page.getByRole('button', { name: 'By pipeline' }).click()
    await page.getByRole('checkbox', { name: 'Stage', exact: true }).click()
    await page.getByRole('checkbox', { name: 'Pipeline', exact: true }).click()
    await page.keyboard.press('Escape')
    await filter().fill('pipeline:sweep-001')
    await page.keyboard.press('Escape')
    // The address follows what is shown within a tenth of a second.
    await expect
      .poll(() => Object.fromEntries(query()))
      .toMatchObject({ filter: 'pipeline:sweep-001', sort: '-validation.top1.last', group: 'stage' })
    const saved = Object.fromEntries(query())

    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByLabel('Name of this view').fill('Best of the sweep')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Best of the sweep', exact: true }).waitFor()
    await page.keyboard.press('Escape')

    await show('/runs?group=none')
    await page.getByRole('grid', { name: /^Runs/ }).waitFor()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('button', { name: 'Best of the sweep', exact: true }).click()
    await expect.poll(() => Object.fromEntries(query())).toEqual(saved)
    await page.getByText('10 of 45 runs').waitFor()
    await page.reload()
    await page.getByText('10 of 45 runs').waitFor()
    const column = page.getByRole('columnheader', { name: /^Validation top-1 last/ })
    await expect.poll(() => column.getAttribute('aria-sort')).toBe('descending')
    expect(await filter().inputValue()).toBe('pipeline:sweep-001')
    await page.goBack()
    await expect.poll(() => query().get('group')).toBe('none')
    await page.goForward()
    await expect.poll(() => Object.fromEntries(query())).toEqual(saved)
  },
)

test('a query is typed with completions by keyboard, and an unknown key names the nearest', limits, async () => {
  const { page, show } = fake
  await show('/runs')
  await focusFilter(page)
  const options = page.getByRole('listbox', { name: 'Filter runs: suggestions' }).getByRole('option')
  const take = async (typed: string, wanted: RegExp): Promise<void> => {
    await page.keyboard.type(typed)
    await expect.poll(() => options.first().innerText()).toMatch(wanted)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
  }
  await take('distill.maskR', /^distill\.maskRatio/)
  await options.filter({ hasText: 'at least' }).waitFor()
  await take('= 0.9', /^0\.9/)
  await take('an', /^and/)
  await take('statu', /^status/)
  await take('= fin', /^finished/)
  await expect.poll(() => filter().inputValue()).toMatch(/^distill\.maskRatio = 0\.9 and status = finished ?$/)
  await expect.poll(() => query().get('filter')?.trim()).toBe('distill.maskRatio = 0.9 and status = finished')
  await page.keyboard.press('Escape')
  expect(await rows().count()).toBeGreaterThan(0)

  await filter().fill('distill.maskRato > 0.5')
  await page.getByText('Did you mean distill.maskRatio?').waitFor()
})

test('differences to the baseline are shown, and follow another baseline', limits, async () => {
  const { page, show } = fake
  const [first, second] = ['shapes-demo-finetune', 'shapes-scratch-finetune']
  await show(`/compare?ids=${first},${second}&tab=metrics`)
  const cells = () =>
    page
      .getByRole('group', { name: 'Metrics', exact: true })
      .getByRole('row', { name: /^Validation top-1/ })
      .getByRole('cell')
      .allInnerTexts()
  await expect.poll(async () => (await cells()).length).toBeGreaterThan(1)
  const [base = '', other = ''] = await cells()
  expect(numbers(base)).toHaveLength(1)
  const [difference = '', value = ''] = numbers(other)
  expect(difference).toMatch(/^[+−-]/)
  expect(Number(value) - Number(numbers(base)[0])).toBeCloseTo(Number(difference.replace('−', '-')), 0)

  await page.getByRole('button', { name: /^Use shapes-scratch .*as baseline$/ }).click()
  await expect.poll(() => query().get('ids')).toBe(`${second},${first}`)
  await expect.poll(async () => numbers((await cells())[0] ?? '')).toEqual([value])
  const turned = numbers((await cells())[1] ?? '')[0] ?? ''
  expect(Number(turned.replace('−', '-'))).toBeCloseTo(-Number(difference.replace('−', '-')), 6)
})

test(
  'Back and reload keep the tab, axis, smoothing, groups, hidden runs and zoom of a comparison, and the selection',
  limits,
  async () => {
    const { page, show } = fake
    const ids = 'shapes-demo-finetune,shapes-scratch-finetune,shapes-demo-image-teacher'
    await show(`/runs?group=none&select=${ids}`)
    await page.getByText('3 selected').waitFor()
    await page.getByRole('button', { name: 'Compare', exact: true }).click()
    await page.getByRole('application', { name: /^Training loss.* at step/ }).waitFor()

    await page.getByRole('combobox', { name: 'Horizontal axis' }).click()
    await page.getByRole('option', { name: 'Epoch' }).click()
    await page.getByRole('slider').first().press('ArrowRight')
    await page.getByRole('switch', { name: 'Log scale' }).click()
    await page.getByRole('application', { name: /^Training loss/ }).press('+')
    await page.getByRole('button', { name: /^Draw shapes-scratch/ }).click()
    await expect
      .poll(() => Object.fromEntries(query()))
      .toMatchObject({
        x: 'epoch',
        smoothing: '0.01',
        log: '1',
        hide: 'shapes-scratch-finetune',
        zoom: expect.stringMatching(/^\d.*~\d/),
      })
    const before = Object.fromEntries(query())
    await page.reload()
    await page.getByRole('button', { name: /^Reset zoom/ }).waitFor()
    expect(Object.fromEntries(query())).toEqual(before)
    expect(await page.getByRole('switch', { name: 'Log scale' }).isChecked()).toBe(true)
    expect(await page.getByRole('combobox', { name: 'Horizontal axis' }).innerText()).toContain('Epoch')
    expect(await page.getByRole('button', { name: /^Draw shapes-scratch/ }).getAttribute('aria-pressed')).toBe('false')

    await page.getByRole('tab', { name: 'Configuration' }).click()
    await expect.poll(() => query().get('tab')).toBe('configuration')
    await page.getByRole('link', { name: /^shapes-demo Fine-tuning/ }).click()
    await page.getByRole('heading', { level: 1, name: 'Fine-tuning' }).waitFor()
    await page.goBack()
    await page.getByRole('tab', { name: 'Configuration', selected: true }).waitFor()
    expect(Object.fromEntries(query())).toEqual({ ...before, tab: 'configuration' })
    await page.goBack()
    await page.getByText('3 selected').waitFor()
  },
)
