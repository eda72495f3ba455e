import { afterAll, beforeAll, expect, test } from 'vitest'
import { addRuns } from '../renderer/support/fake-many.ts'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'

let fake: FakeWindow
beforeAll(async () => {
  fake = await openFakeWindow((world) => void addRuns(world, { pipelines: 200 }))
})
afterAll(() => fake?.close())

const address = () => new URL(fake.page.url()).searchParams
const row = (id: string) => fake.page.locator(`tr[data-run="${id}"]`)

test('200 runs are sorted and grouped, tagged in bulk, and the tags undone', async () => {
  const { page, show } = fake
  await page.setViewportSize({ width: 1440, height: 900 })
  await show('/runs?columns=status,tag,validation.top1.last')
  const grid = page.getByRole('grid', { name: 'Runs by pipeline' })
  await grid.waitFor()

  // Grouped by dataset instead of pipeline.
  await page.getByRole('button', { name: 'By pipeline' }).click()
  await page.getByRole('checkbox', { name: 'Dataset', exact: true }).click()
  await page.getByRole('checkbox', { name: 'Pipeline', exact: true }).click()
  await page.keyboard.press('Escape')
  await expect.poll(() => address().get('group')).toBe('dataset')
  await page.getByRole('row', { name: /^bed-falls, 208 runs/ }).waitFor()

  // Sorted by the last validation, the better ones first; the heading keeps its mean under a filter.
  const column = page.getByRole('columnheader', { name: /^Validation top-1 last/ })
  await column.getByRole('button', { name: /^Validation top-1/ }).click()
  await expect.poll(() => column.getAttribute('aria-sort')).toBe('descending')
  await expect.poll(() => address().get('sort')).toBe('-validation.top1.last')
  const heading = page.locator('tr.runs-group').filter({ hasText: 'bed-falls' })
  const mean = await heading.getByText('±').innerText()
  await page.getByRole('combobox', { name: 'Filter runs' }).fill('pipeline:sweep-000')
  // Otherwise the list of completions covers the first rows.
  await page.keyboard.press('Escape')
  await page.getByText('10 of 215 runs').waitFor()
  expect(await heading.getByText('±').innerText()).toBe(mean)
  await heading.getByText('10 of 208').waitFor()

  // Tagged and undone.
  await page.getByRole('checkbox', { name: 'Select all runs that are shown' }).click()
  await page.getByText('10 selected').waitFor()
  await page.getByRole('button', { name: 'Tag', exact: true }).click()
  await page.getByRole('textbox', { name: 'Tag', exact: true }).fill('ablation')
  await page.keyboard.press('Enter')
  await row('sweep-0003-finetune').getByText('ablation').waitFor()
  await row('sweep-0007-finetune').getByText('ablation').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await row('sweep-0003-finetune').getByText('ablation').waitFor({ state: 'hidden' })

  // Starred and undone by the keyboard, which leaves text in a field alone.
  await page.getByRole('button', { name: 'Star', exact: true }).click()
  await page.getByRole('button', { name: 'Remove star', exact: true }).waitFor()
  const filter = page.getByRole('combobox', { name: 'Filter runs' })
  await filter.focus()
  await page.keyboard.press('Control+z')
  await filter.fill('pipeline:sweep-000')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Remove star', exact: true }).waitFor()
  await row('sweep-0003-finetune').focus()
  await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: 'Star', exact: true }).waitFor()

  // Reload keeps everything.
  await page.reload()
  await page.getByText('10 of 215 runs').waitFor()
  await expect.poll(() => column.getAttribute('aria-sort')).toBe('descending')
  await page.getByText('10 selected').waitFor()
})

test('a run goes to the trash by its menu, comes back by Ctrl+Z, and is purged on its page', async () => {
  const { page, show } = fake
  await page.setViewportSize({ width: 1440, height: 900 })
  await show('/runs?filter=pipeline:shapes-scratch')
  const id = 'shapes-scratch-evaluate'
  await row(id)
    .getByRole('button', { name: /^Menu of/ })
    .click()
  await page.getByRole('menuitem', { name: 'Move to the trash' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('48.0 MiB').waitFor()
  await dialog.getByRole('button', { name: 'Move to the trash' }).click()
  await row(id).waitFor({ state: 'detached' })
  await page.locator('tr[data-run]').first().focus()
  await page.keyboard.press('Control+z')
  await row(id).waitFor()
  await page.locator('tr[data-run]').first().focus()
  await page.keyboard.press('Control+Shift+z')
  await row(id).waitFor({ state: 'detached' })

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Trash' }).click()
  await page.getByRole('button', { name: `Purge ${id}` }).click()
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await page.getByText('The trash is empty').waitFor()
  await show('/runs?filter=pipeline:shapes-scratch')
  await row('shapes-scratch-finetune').waitFor()
  expect(await row(id).count()).toBe(0)
})

test('only columns in sight are drawn, and pinned ones stay', async () => {
  const { page, show } = fake
  const metrics = ['last', 'min', 'max', 'best'].map((reduction) => `validation.top1.${reduction}`)
  const parameters = ['epochs', 'learningRate', 'batchSize', 'warmupEpochs', 'weightDecay', 'layerDecay', 'dropPath']
  const keys = ['status~p', ...metrics, ...parameters.map((name) => `finetune.${name}`), 'engine', 'started', 'created']
  await page.setViewportSize({ width: 1024, height: 700 })
  await show(`/runs?group=none&columns=${keys.join(',')}`)
  const headers = () => page.locator('th[data-column]').evaluateAll((all) => all.map((each) => each.textContent.trim()))
  await row('shapes-demo-distill').waitFor()
  expect(await headers()).not.toContain('Launched')
  await page.locator('.runs-box').evaluate((box) => box.scrollTo({ left: box.scrollWidth }))
  await expect.poll(headers).toContain('Launched')
  expect(await headers()).toContain('Status')
  const [box, cell] = await Promise.all([
    page.locator('.runs-box').boundingBox(),
    page.getByRole('columnheader', { name: 'Status' }).boundingBox(),
  ])
  expect(cell!.x).toBeGreaterThan(box!.x)
  expect(cell!.x + cell!.width).toBeLessThan(box!.x + box!.width)
})
