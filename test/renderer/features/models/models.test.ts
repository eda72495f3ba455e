// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from 'vitest'
import CheckpointsPage from '#renderer/features/checkpoints/CheckpointsPage.vue'
import { searchModels } from '#renderer/features/checkpoints/filter.ts'
import { answersOf } from '#renderer/features/models/answers.ts'
import { folderOf, suggestModelName } from '#renderer/features/models/import-path.ts'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { fakeModel } from '../../support/fake-models.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

/** Long enough for a machine that is busy with other things. */
const soon = { timeout: 20_000 }

let shown: ShownPage | undefined
afterEach(() => {
  shown?.page.unmount()
  shown = undefined
})

const open = async (path: string) => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0, pauseMs: 1 }), path)
  return shown
}
const click = (text: string, within: ParentNode = document) =>
  [...within.querySelectorAll<HTMLElement>('button')]
    .find((candidate) => candidate.textContent?.trim() === text)!
    .click()
const dialog = () => document.querySelector<HTMLElement>('[role="dialog"]')!
const type = (label: string, text: string) => {
  const input = dialog().querySelector<HTMLInputElement>(`input[name="${label}"]`)!
  input.value = text
  input.dispatchEvent(new Event('input', { bubbles: true }))
}

test('a model is imported and its page shows the import report', async () => {
  const { page, router } = await open('/checkpoints')
  await vi.waitFor(() => expect(page.text()).toContain('Imported models'), soon)
  click('Import model')
  await vi.waitFor(() => expect(dialog()).not.toBeNull(), soon)
  type('path', '/home/ada/Downloads/videomae_base.pth')
  await vi.waitFor(
    () => expect(dialog().querySelector<HTMLInputElement>('input[name="name"]')!.value).toBe('videomae-base'),
    soon,
  )
  dialog()
    .querySelector('form')!
    .dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await vi.waitFor(() => expect(router.currentRoute.value.query.id).toBe('videomae-base'), soon)
  await vi.waitFor(
    () =>
      expect(page.text()).toMatch(
        /videomae-base.*Imported from \/home\/ada\/Downloads\/videomae_base\.pth.*VideoMAE.*CC BY-NC 4\.0.*Matched48.*Missing0.*Ignored2/,
      ),
    soon,
  )
})

test('a file without a model is reported in the dialog', async () => {
  await open('/checkpoints?import=model')
  await vi.waitFor(() => expect(dialog()).not.toBeNull(), soon)
  type('path', '/home/ada/Downloads/resnet50.pth')
  await vi.waitFor(
    () => expect(dialog().querySelector<HTMLInputElement>('input[name="name"]')!.value).toBe('resnet50'),
    soon,
  )
  dialog()
    .querySelector('form')!
    .dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await vi.waitFor(
    () => expect(dialog().querySelector('[role="alert"]')?.textContent).toContain('is not a model of a known layout'),
    soon,
  )
})

test('a file with the head of another task is imported without it on request', async () => {
  const { router } = await open('/checkpoints?import=model')
  await vi.waitFor(() => expect(dialog()).not.toBeNull(), soon)
  type('path', '/home/ada/Downloads/with-head.pth')
  await vi.waitFor(
    () => expect(dialog().querySelector<HTMLInputElement>('input[name="name"]')!.value).toBe('with-head'),
    soon,
  )
  const submit = () =>
    dialog()
      .querySelector('form')!
      .dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  submit()
  await vi.waitFor(
    () => expect(dialog().querySelector('[role="alert"]')?.textContent).toContain('choose "Leave out other parts"'),
    soon,
  )
  dialog().querySelector<HTMLButtonElement>('button[role="checkbox"]')!.click()
  await vi.waitFor(
    () => expect(dialog().querySelector('button[role="checkbox"]')!.getAttribute('aria-checked')).toBe('true'),
    soon,
  )
  submit()
  await vi.waitFor(() => expect(router.currentRoute.value.query.id).toBe('with-head'), soon)
})

test('missing information is completed on the page', async () => {
  const { page } = await open('/checkpoints?id=ssv2-finetuned')
  await vi.waitFor(() => expect(page.text()).toContain('no published encoder has a width of 752'), soon)
  const save = page.findAll<HTMLButtonElement>('button[type="submit"]').find((button) => button.text() === 'Save')!
  expect(save.element.disabled).toBe(true)
  await page.get('input[inputmode="numeric"]').setValue('5')
  await page.get('form').trigger('submit')
  await vi.waitFor(
    () => expect(page.get('[role="alert"]').text()).toContain('The width 752 is not a multiple of 5 heads.'),
    soon,
  )
  await page.get('input[inputmode="numeric"]').setValue('8')
  await page.get('form').trigger('submit')
  await vi.waitFor(() => expect(page.text()).toMatch(/Heads8/), soon)
  expect(page.text()).not.toContain('no published encoder has a width of 752')
})

test('an imported model can be removed', async () => {
  const { page, router } = await open('/checkpoints?id=mae-base')
  await vi.waitFor(() => expect(page.text()).toContain('mae_pretrain_vit_base.pth'), soon)
  click('Remove')
  await vi.waitFor(() => expect(dialog()?.textContent).toContain('Remove mae-base?'), soon)
  click('Remove model', dialog())
  await vi.waitFor(() => expect(router.currentRoute.value.query.id).toBeUndefined(), soon)
  await vi.waitFor(
    () => expect(page.find('[aria-label="Open the imported model vmae-k400"]').exists()).toBe(true),
    soon,
  )
  expect(page.find('[aria-label="Open the imported model mae-base"]').exists()).toBe(false)
})

describe('names and paths', () => {
  test.each([
    ['/data/mae_pretrain_vit_base.pth', [], 'mae-pretrain-vit-base'],
    ['/data/mae_pretrain_vit_base.pth', ['mae-pretrain-vit-base'], 'mae-pretrain-vit-base-2'],
    ['/models/MCG-NJU/videomae-base', [], 'videomae-base'],
    ['/models/videomae-base/model.safetensors', [], 'videomae-base'],
    ['C:\\models\\Teacher (v2).PT', [], 'teacher-v2'],
    ['/', [], 'model'],
  ])('%s becomes a name', (path, taken, name) => expect(suggestModelName(path, new Set(taken))).toBe(name))
  test.each([
    ['/data/mae.pth', '/data'],
    ['/mae.pth', '/'],
    ['/data/videomae-base', '/data/videomae-base'],
    ['C:\\models\\mae.pt', 'C:\\models'],
    ['', ''],
  ])('the browser shows for %s the folder %s', (path, folder) => expect(folderOf(path)).toBe(folder))
})

test.each([
  [{}, undefined],
  [{ heads: ' ' }, undefined],
  [{ heads: 'six' }, undefined],
  [{ heads: '6' }, { heads: 6 }],
  [
    { family: 'mvd' as const, decoderHeads: '3' },
    { family: 'mvd', decoderHeads: 3 },
  ],
])('%o as answers', (texts, answers) => expect(answersOf(texts)).toEqual(answers))

test('imported models are found by name, kind and source', () => {
  const models = [fakeModel('mae-base', '/a/mae.pth'), fakeModel('vmae', '/b/videomae-base')]
  const found = (query: string) =>
    searchModels({ checkpoints: [], models, pipelines: [] }, query, false).models.map(({ name }) => name)
  expect([found(''), found('images'), found('/b/ 768'), found('nothing')]).toEqual([
    ['mae-base', 'vmae'],
    ['mae-base'],
    ['vmae'],
    [],
  ])
})
