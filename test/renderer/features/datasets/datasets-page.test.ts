// @vitest-environment happy-dom
import { DOMWrapper, flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import DatasetsPage from '#renderer/features/datasets/DatasetsPage.vue'
import { showPage } from '../../support/fake-app.ts'
import type { ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

let shown: ShownPage
afterEach(() => shown.page.unmount())

/** Dialogs are teleported to the end of the document. */
const dialog = () => new DOMWrapper(document.querySelector<HTMLElement>('[role="dialog"]')!)
const button = (text: string) =>
  dialog()
    .findAll('button')
    .find((candidate) => candidate.text() === text)!

test('an import shows its progress and opens the page of the dataset', async () => {
  shown = await showPage(DatasetsPage, createFakeStudio({ tickMs: 0, pauseMs: 2 }), '/datasets?import=built-in')
  await flushPromises()
  expect(dialog().get<HTMLInputElement>('input[name="name"]').element.value).toBe('glyphs')
  await dialog().get('form').trigger('submit')
  await vi.waitFor(() => expect(dialog().text()).toMatch(/Writing and inspecting \d+ of 480 files/))
  await vi.waitFor(() => expect(shown.router.currentRoute.value.path).toBe('/datasets/glyphs'), { timeout: 10_000 })
})

test('a cancelled import leaves no dataset and no error', async () => {
  const fake = createFakeStudio({ tickMs: 0, pauseMs: 2 })
  shown = await showPage(DatasetsPage, fake, '/datasets?import=built-in')
  await flushPromises()
  await dialog().get('form').trigger('submit')
  await vi.waitFor(() => expect(button('Cancel import')).toBeDefined())
  await button('Cancel import').trigger('click')
  await vi.waitFor(() => expect(button('Import')).toBeDefined())
  expect(dialog().find('[role="alert"]').exists()).toBe(false)
  expect(fake.world.datasets.has('glyphs')).toBe(false)
})

test('a failed import shows error and hint in the dialog', async () => {
  shown = await showPage(DatasetsPage, createFakeStudio({ tickMs: 0, pauseMs: 2 }), '/datasets?import=folder')
  await flushPromises()
  await dialog().get('input[name="directory"]').setValue('/data/empty')
  expect(dialog().get<HTMLInputElement>('input[name="name"]').element.value).toBe('empty')
  await dialog().get('form').trigger('submit')
  await vi.waitFor(() =>
    expect(dialog().get('[role="alert"]').text()).toBe(
      '/data/empty holds no videos.Choose a folder with one folder per class.',
    ),
  )
})

test('links are followed if the switch is on', async () => {
  const fake = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  shown = await showPage(DatasetsPage, fake, '/datasets?import=folder')
  await flushPromises()
  await dialog().get('input[name="directory"]').setValue('/data/linked')
  await dialog().get('button[role="switch"]').trigger('click')
  await dialog().get('form').trigger('submit')
  await vi.waitFor(() => expect(fake.world.datasets.get('linked')?.report?.followLinks).toBe(true), { timeout: 10_000 })
})

test('columns of a table that are read in the preview are those of the import', async () => {
  const fake = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  shown = await showPage(DatasetsPage, fake, '/datasets?import=folder')
  await flushPromises()
  await dialog().get('input[name="directory"]').setValue('/data/table')
  await button('Preview').trigger('click')
  await vi.waitFor(() => expect(dialog().text()).toContain('No format has this header.'))
  expect(dialog().text()).toContain('Columns of metadata.csv')
  expect(dialog().find('[aria-label="Use of the column subject"]').text()).toBe('Not used')
  await button('Read with these columns').trigger('click')
  const read = 'Labels and splits were read from the columns of metadata.csv: path=recording,label=action,split=fold.'
  await vi.waitFor(() => expect(dialog().text()).toContain(read))
  expect(dialog().text()).toContain('Label set action: 2 classes')
  await button('Read without the table').trigger('click')
  await vi.waitFor(() => expect(dialog().text()).toContain('Read as one folder per class.'))
  await button('Read with these columns').trigger('click')
  await vi.waitFor(() => expect(dialog().text()).toContain(read))
  await dialog().get('form').trigger('submit')
  await vi.waitFor(
    () =>
      expect(fake.world.datasets.get('table')?.report?.source).toEqual({
        format: 'table',
        files: ['metadata.csv'],
        columns: { table: 'metadata.csv', path: 'recording', labels: ['action'], split: 'fold' },
      }),
    { timeout: 10_000 },
  )
})

test('the frame rate is asked for if the videos are folders of frames', async () => {
  const fake = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  shown = await showPage(DatasetsPage, fake, '/datasets?import=folder')
  await flushPromises()
  await dialog().get('input[name="directory"]').setValue('/data/videos')
  await button('Preview').trigger('click')
  await vi.waitFor(() => expect(dialog().text()).toContain('Label set class'))
  expect(dialog().text()).not.toContain('Frame rate')
  await dialog().get('input[name="directory"]').setValue('/data/rawframes')
  await button('Preview').trigger('click')
  await vi.waitFor(() => expect(dialog().text()).toContain('Frame rate (frames per second)'))
  const field = dialog().get<HTMLInputElement>('input[inputmode]')
  expect(field.element.value).toBe('30')
  await field.setValue('12.5')
  await field.trigger('change')
  await field.trigger('blur')
  await flushPromises()
  await dialog().get('form').trigger('submit')
  await vi.waitFor(() => expect(fake.world.datasets.get('rawframes')?.report?.frameRate).toBe(12.5), {
    timeout: 10_000,
  })
})

test('the preview follows the fields by which splits are drawn, and the import takes them', async () => {
  const fake = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  shown = await showPage(DatasetsPage, fake, '/datasets?import=folder')
  await flushPromises()
  await dialog().get('input[name="directory"]').setValue('/data/scenes')
  await button('Preview').trigger('click')
  await vi.waitFor(() => expect(dialog().text()).toContain('Videos per class (class)'))
  expect(dialog().text()).toContain('with seed 0: 70 % training, 10 % validation, 20 % test.')
  expect(dialog().text()).toContain('Label set class: 1 class without a validation video: walk')
  await dialog().get('input[name="share-train"]').setValue('50')
  expect(dialog().text()).toContain('must sum to 100 %, not 80 %')
  expect(button('Import').attributes('disabled')).toBeDefined()
  await dialog().get('input[name="share-validation"]').setValue('30')
  await vi.waitFor(() => expect(dialog().text()).toContain('with seed 0: 50 % training, 30 % validation, 20 % test.'))
  expect(dialog().text()).not.toContain('without a validation video')
  await dialog().get('form').trigger('submit')
  await vi.waitFor(
    () =>
      expect(fake.world.datasets.get('scenes')?.report?.drawing).toEqual({
        ratio: { train: 50, validation: 30, test: 20 },
        seed: 0,
        groupBy: { by: 'none' },
      }),
    { timeout: 10_000 },
  )
})

test('columns of one folder are not those of the next', async () => {
  const fake = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  shown = await showPage(DatasetsPage, fake, '/datasets?import=folder')
  await flushPromises()
  await dialog().get('input[name="directory"]').setValue('/data/table')
  await button('Preview').trigger('click')
  await vi.waitFor(() => expect(button('Read with these columns')).toBeDefined())
  await button('Read with these columns').trigger('click')
  await vi.waitFor(() => expect(button('Read without the table')).toBeDefined())
  await dialog().get('input[name="directory"]').setValue('/data/other')
  expect(button('Read with these columns')).toBeUndefined()
  await dialog().get('form').trigger('submit')
  await vi.waitFor(
    () => expect(fake.world.datasets.get('other')?.report?.source).not.toMatchObject({ format: 'table' }),
    { timeout: 10_000 },
  )
})

test('a taken or invalid name prevents the import', async () => {
  shown = await showPage(DatasetsPage, createFakeStudio({ tickMs: 0, pauseMs: 2 }), '/datasets?import=folder')
  await flushPromises()
  await dialog().get('input[name="directory"]').setValue('/data/falls')
  await dialog().get('input[name="name"]').setValue('shapes')
  expect(dialog().text()).toContain('A dataset named shapes already exists.')
  expect(button('Import').attributes('disabled')).toBeDefined()
  await dialog().get('input[name="name"]').setValue('Falls!')
  expect(dialog().text()).toContain('Use lower-case letters, digits and hyphens')
  await dialog().get('input[name="name"]').setValue('falls')
  expect(button('Import').attributes('disabled')).toBeUndefined()
})

test('an empty studio offers an import', async () => {
  shown = await showPage(DatasetsPage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/datasets')
  expect(shown.page.text()).toContain('No datasets yet')
  await shown.page
    .findAll('button')
    .find((candidate) => candidate.text() === 'Import the built-in dataset')!
    .trigger('click')
  await flushPromises()
  expect(dialog().text()).toContain('Import the built-in dataset')
})
