// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import ExportRuns from '#renderer/ui/run/ExportRuns.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

let shown: ShownPage
afterEach(() => shown.page.unmount())

const dialog = () => document.querySelector<HTMLElement>('[role="dialog"]')

test('runs are exported to a new folder, and the dialog says what was written', async () => {
  const page = defineComponent(() => () => h(ExportRuns, { ids: ['shapes-demo-distill', 'shapes-demo-finetune'] }))
  shown = await showPage(page, createFakeStudio({ tickMs: 0, pauseMs: 0 }), '/runs')
  await shown.page.get('button').trigger('click')
  await vi.waitFor(() => expect(dialog()?.textContent).toContain('Export 2 runs'))
  expect(dialog()?.textContent).toContain('points.csv with one line for each point')
  await vi.waitFor(() => {
    const submit = dialog()?.querySelector<HTMLButtonElement>('button[type="submit"]')
    expect(submit?.disabled).toBe(false)
  })
  dialog()
    ?.querySelector('form')
    ?.dispatchEvent(new Event('submit', { cancelable: true }))
  await vi.waitFor(() => expect(dialog()?.textContent).toMatch(/\/runs.*2 runs, 200 points.*1 file, 2\.0 KiB/))
})
