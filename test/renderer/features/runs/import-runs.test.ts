// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import ImportRuns from '#renderer/features/runs/ImportRuns.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

let shown: ShownPage
afterEach(() => shown.page.unmount())

const dialog = () => document.querySelector<HTMLElement>('[role="dialog"]')
const button = (name: string) =>
  [...(dialog()?.querySelectorAll('button') ?? [])].find((each) => each.textContent.trim() === name)

test('the dialog shows what there is and what is left out, and asks for the stage of new runs', async () => {
  const page = defineComponent(() => () => h(ImportRuns))
  shown = await showPage(page, createFakeStudio({ tickMs: 0, pauseMs: 0 }), '/runs')
  await shown.page.get('button').trigger('click')
  await vi.waitFor(() => expect(dialog()?.textContent).toContain('Reads points and hyperparameters'))
  expect(button('Preview')?.disabled).toBe(true)
  const input = dialog()?.querySelector<HTMLInputElement>('input[name="path"]') ?? dialog()?.querySelector('input')
  if (input === null || input === undefined) throw new Error('The dialog has no field.')
  input.value = '/home/ada/logs'
  input.dispatchEvent(new Event('input'))
  await vi.waitFor(() => expect(button('Preview')?.disabled).toBe(false))
  button('Preview')?.click()
  await vi.waitFor(() => expect(dialog()?.querySelectorAll('tbody tr')).toHaveLength(2))
  expect(dialog()?.textContent).toContain('wide: /home/ada/logs/wide ends within a record.')
  expect(dialog()?.textContent).toContain('The files do not say with which runs these can be compared.')
  expect(button('Import 2 runs')?.disabled).toBe(true)
})
