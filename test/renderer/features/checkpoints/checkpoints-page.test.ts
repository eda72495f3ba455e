// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import CheckpointsPage from '#renderer/features/checkpoints/CheckpointsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

/** Long enough for a machine that is busy with other things. */
const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown.page.unmount())

const rows = () => shown.page.findAll('tbody tr').filter((row) => row.find('[data-opens-row]').exists())
const click = (text: string, within: ParentNode) =>
  [...within.querySelectorAll<HTMLElement>('button')]
    .find((candidate) => candidate.textContent?.trim() === text)!
    .click()

test('the list shows the run and inputs of each checkpoint, and can be filtered', async () => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0 }), '/checkpoints')
  await vi.waitFor(() => expect(rows().length).toBeGreaterThan(10), soon)
  await shown.page.get('input[type="search"]').setValue('shapes-demo distillation')
  await shown.page.get('button[role="switch"]').trigger('click')
  expect(rows()).toHaveLength(1)
  expect(rows()[0]!.text()).toMatch(/Distillation.*final.*420.*loss.*Image teacher.*Video teacher.*MiB/)
  await rows()[0]!.trigger('click')
  await flushPromises()
  expect(shown.router.currentRoute.value.query.id).toBe('shapes-demo-distill@420')
})

test('a new checkpoint of a running run appears', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  shown = await showPage(CheckpointsPage, fake, '/checkpoints')
  await vi.waitFor(() => expect(rows().length).toBeGreaterThan(10), soon)
  const count = () => Number(/(\d+) checkpoints,/.exec(shown.page.text())?.[1])
  const before = count()
  for (let step = 170; step < 225; step++) fake.world.tick()
  await vi.waitFor(() => expect(count()).toBe(before + 1), soon)
})

test('an export shows the path, size and difference', async () => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0 }), '/checkpoints?id=shapes-demo-distill@420')
  await vi.waitFor(() => expect(shown.page.text()).toContain('62 tensors'), soon)
  click('Export', document)
  await vi.waitFor(
    () =>
      expect(document.querySelector<HTMLInputElement>('[role="dialog"] input[name="name"]')?.value).toBe(
        'shapes-demo-distill-step-420.safetensors',
      ),
    soon,
  )
  const dialog = document.querySelector<HTMLElement>('[role="dialog"]')!
  await vi.waitFor(
    () => expect(dialog.querySelector<HTMLButtonElement>('button[type="submit"]')!.disabled).toBe(false),
    soon,
  )
  dialog.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await vi.waitFor(
    () =>
      expect(dialog.textContent).toMatch(
        /\/home\/ada\/shapes-demo-distill-step-420\.safetensors.*3\.4 MiB, 62 tensors.*identical to the checkpoint/,
      ),
    soon,
  )
})

test('exports are listed with their differences, and replaced only on request', async () => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0 }), '/checkpoints?id=shapes-demo-distill@420')
  await vi.waitFor(() => expect(shown.page.text()).toContain('62 tensors'), soon)
  expect(shown.page.text()).not.toContain('Each export was read back')
  const submit = async () => {
    const dialog = document.querySelector<HTMLElement>('[role="dialog"]')!
    await vi.waitFor(
      () => expect(dialog.querySelector<HTMLButtonElement>('button[type="submit"]')!.disabled).toBe(false),
      soon,
    )
    dialog.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    return dialog
  }
  click('Export', document)
  await vi.waitFor(() => expect(document.querySelector('[role="dialog"] input[name="name"]')).not.toBeNull(), soon)
  const dialog = await submit()
  await vi.waitFor(() => expect(dialog.textContent).toContain('identical to the checkpoint'), soon)
  click('Done', dialog)
  await vi.waitFor(
    () =>
      expect(shown.page.text()).toMatch(
        /Exports.*safetensors.*shapes-demo-distill-step-420\.safetensors.*3\.4 MiB.*identical to the checkpoint/,
      ),
    soon,
  )

  click('Export', document)
  await vi.waitFor(() => expect(document.querySelector('[role="dialog"] form')).not.toBeNull(), soon)
  const again = await submit()
  await vi.waitFor(
    () => expect(again.textContent).toContain('The file /home/ada/shapes-demo-distill-step-420.safetensors exists.'),
    soon,
  )
  click('Replace', again)
  await vi.waitFor(() => expect(again.textContent).toContain('identical to the checkpoint'), soon)
})

test('a missing checkpoint is reported', async () => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0 }), '/checkpoints?id=shapes-demo-distill@7')
  await vi.waitFor(
    () => expect(shown.page.get('[role="alert"]').text()).toContain('There is no checkpoint shapes-demo-distill@7.'),
    soon,
  )
})

test('an empty studio offers a new pipeline', async () => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/checkpoints')
  await vi.waitFor(() => expect(shown.page.text()).toContain('No checkpoints yet'), soon)
})

test('the filter is in the address, which restores it', async () => {
  shown = await showPage(
    CheckpointsPage,
    createFakeStudio({ tickMs: 0 }),
    '/checkpoints?filter=shapes-demo%20distillation&final=1',
  )
  await vi.waitFor(() => expect(rows()).toHaveLength(1), soon)
  await shown.page.get('button[role="switch"]').trigger('click')
  await vi.waitFor(
    () => expect(shown.router.currentRoute.value.query).toEqual({ filter: 'shapes-demo distillation' }),
    soon,
  )
  expect(rows().length).toBeGreaterThan(1)
})
