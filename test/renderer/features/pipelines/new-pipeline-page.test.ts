// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import NewPipelinePage from '#renderer/features/pipelines/NewPipelinePage.vue'
import { showPage } from '../../support/fake-app.ts'
import type { ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'
import type { FakeStudio } from '../../support/fake-studio.ts'

let fake: FakeStudio
let shown: ShownPage
beforeEach(async () => {
  sessionStorage.clear()
  fake = createFakeStudio({ tickMs: 0, pauseMs: 1 })
  shown = await showPage(NewPipelinePage, fake, '/pipelines/new?dataset=shapes')
})
afterEach(() => shown.page.unmount())

const button = (text: string) =>
  shown.page
    .findAll('button')
    .find((candidate) => candidate.text() === text || candidate.attributes('aria-label') === text)!
const panelOf = (title: string) =>
  shown.page.findAll('section').find((candidate) => candidate.find('h2').text() === title)!
const tab = (text: string) => shown.page.findAll('[role="tab"]').find((candidate) => candidate.text().startsWith(text))!

test('an invalid value is reported at its field and next to Launch, and can be reset', async () => {
  expect(button('Launch pipeline').attributes('disabled')).toBeUndefined()

  await tab('Clip').trigger('click')
  await shown.page.get('[id="clip.patchSize"]').setValue('13')
  const sentence = 'The patch size 13 px does not divide the image size 64 px. Try 16 px.'
  expect(shown.page.get('[id="clip.patchSize-error"]').text()).toBe(sentence)
  expect(shown.page.get('[id="clip.patchSize"]').attributes()).toMatchObject({
    'aria-invalid': 'true',
    'aria-describedby': 'clip.patchSize-error clip.patchSize-help',
  })
  expect(shown.page.get('#launch-problems').text()).toContain(`Clip › Patch size: ${sentence}`)
  expect(button('Launch pipeline').attributes('disabled')).toBeDefined()

  await tab('General').trigger('click')
  await button(`Clip › Patch size: ${sentence}`).trigger('click')
  await flushPromises()
  expect(document.activeElement?.id).toBe('clip.patchSize')
  expect(shown.page.text()).toContain(
    'Patch size Width and height of a patch. Must divide the image size. Whole number from 2 to 64.',
  )

  await button('Reset Patch size to 16').trigger('click')
  expect(shown.page.find('[id="clip.patchSize-error"]').exists()).toBe(false)
  expect(button('Launch pipeline').attributes('disabled')).toBeUndefined()
})

test('the page warns once about videos that are shorter than a clip', async () => {
  await tab('Clip').trigger('click')
  await shown.page.get('[id="clip.frames"]').setValue('64')
  const warning = '480 of 480 videos have fewer than the 64 frames of a clip; their last frame is repeated.'
  await vi.waitFor(() => expect(shown.page.get('#launch-problems').text()).toContain(warning))
  expect(button('Launch pipeline').attributes('disabled')).toBeUndefined()

  await button('Measure').trigger('click')
  await vi.waitFor(() => expect(shown.page.text()).toContain('published recipes use at least'), {
    timeout: 20_000,
  })
  expect(shown.page.text().split(warning)).toHaveLength(2)
})

test('a request that would be rejected is reported before the launch', async () => {
  await tab('Fine-tuning').trigger('click')
  await shown.page.get('[id="finetune.batchSize"]').setValue('512')
  await vi.waitFor(() =>
    expect(shown.page.get('#launch-problems').text()).toContain(
      'finetune.batchSize: a batch of 512 is more than the 480 training samples of shapes.',
    ),
  )
  expect(button('Launch pipeline').attributes('disabled')).toBeDefined()

  await shown.page.get('[id="finetune.batchSize"]').setValue('16')
  expect(shown.page.get('#launch-problems').text()).not.toContain('480 training samples')
  expect(button('Launch pipeline').attributes('disabled')).toBeUndefined()
})

test('the estimated memory of each stage is shown with the free memory', async () => {
  await vi.waitFor(() => expect(panelOf('Memory').text()).toContain('free'), { timeout: 20_000 })
  expect(
    panelOf('Memory')
      .findAll('dl > div, p')
      .map((line) => line.text()),
  ).toMatchInlineSnapshot(`
    [
      "Image teacher528 MiB",
      "Video teacher578 MiB",
      "Distillation628 MiB",
      "Fine-tuning678 MiB",
      "Test728 MiB",
      "8.0 GiB free. Estimated for ONNX Runtime on the CPU; stages run one after another.",
    ]
  `)
  expect(panelOf('Memory').get('dl > div').attributes('title')).toMatchInlineSnapshot(
    `"Process 300 MiB, Weights 20.0 MiB, Activations 200 MiB, Frozen models 0 B, Batches 8.0 MiB"`,
  )
})

test('launching sends the form and opens the runs', async () => {
  await shown.page.get('#name').setValue('mine')
  await tab('Distillation').trigger('click')
  await shown.page.get('[id="distill.maskRatio"]').setValue('0.75')
  await button('Launch pipeline').trigger('click')
  await flushPromises()

  expect(shown.router.currentRoute.value.path).toBe('/runs')
  expect(fake.world.pipelines.get('mine')).toMatchObject({
    dataset: 'shapes',
    labels: 'appearance',
    preset: 'tiny',
    configuration: { distill: { maskRatio: 0.75 } },
  })
})

test('the draft is kept while another page is open', async () => {
  await shown.page.get('#name').setValue('kept')
  await tab('Fine-tuning').trigger('click')
  await shown.page.get('[id="finetune.epochs"]').setValue('7')

  shown.isShown.value = false
  await flushPromises()
  expect(shown.page.find('#name').exists()).toBe(false)
  shown.isShown.value = true
  await flushPromises()

  expect(shown.page.get<HTMLInputElement>('#name').element.value).toBe('kept')
  expect(tab('Fine-tuning').attributes('aria-selected')).toBe('true')
  expect(shown.page.get<HTMLInputElement>('[id="finetune.epochs"]').element.value).toBe('7')
})

test('the draft is kept when the page is loaded again', async () => {
  await shown.page.get('#name').setValue('kept')
  await tab('Fine-tuning').trigger('click')
  await shown.page.get('[id="finetune.epochs"]').setValue('7')
  await flushPromises()
  shown.page.unmount()
  shown = await showPage(NewPipelinePage, createFakeStudio({ tickMs: 0 }), '/pipelines/new')
  expect(shown.page.get<HTMLInputElement>('#name').element.value).toBe('kept')
  await tab('Fine-tuning').trigger('click')
  expect(shown.page.get<HTMLInputElement>('[id="finetune.epochs"]').element.value).toBe('7')
})

test('a draft that cannot be read is ignored', async () => {
  shown.page.unmount()
  sessionStorage.setItem('pipeline-draft', '{"preset":')
  shown = await showPage(NewPipelinePage, createFakeStudio({ tickMs: 0 }), '/pipelines/new')
  expect(shown.page.get<HTMLInputElement>('#name').element.value).toBe('')
})

test('without a dataset the page offers imports', async () => {
  shown.page.unmount()
  shown = await showPage(NewPipelinePage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/pipelines/new')
  expect(shown.page.text()).toContain(
    'A pipeline trains on a dataset. Import a folder of videos, or use the built-in dataset for a first run.',
  )
})
