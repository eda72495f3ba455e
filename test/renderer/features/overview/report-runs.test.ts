// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { ReportRuns } from '#renderer/features/overview/index.ts'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

const soon = { timeout: 20_000 }
let shown: ShownPage
afterEach(() => shown.page.unmount())

const dialog = () => document.querySelector<HTMLElement>('[role="dialog"]')

test('a report has a title and a file, and the dialog says what was written', async () => {
  const page = defineComponent(() => () => h(ReportRuns, { ids: ['shapes-demo-evaluate', 'shapes-scratch-evaluate'] }))
  shown = await showPage(page, createFakeStudio({ tickMs: 0, pauseMs: 0 }), '/compare')
  await shown.page.get('button').trigger('click')
  await vi.waitFor(() => expect(dialog()?.textContent).toContain('of 2 runs, readable without the studio'), soon)
  const names = [...dialog()!.querySelectorAll('input')].map(({ value }) => value)
  expect(names).toContain('report.html')
  await vi.waitFor(
    () => expect(dialog()?.querySelector<HTMLButtonElement>('button[type="submit"]')?.disabled).toBe(false),
    soon,
  )
  dialog()!
    .querySelector('form')!
    .dispatchEvent(new Event('submit', { cancelable: true }))
  await vi.waitFor(() => expect(dialog()?.textContent).toMatch(/\/report\.html.*KiB/), soon)
})
