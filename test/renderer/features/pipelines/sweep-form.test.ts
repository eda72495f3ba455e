// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import NewPipelinePage from '#renderer/features/pipelines/NewPipelinePage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio, type FakeStudio } from '../../support/fake-studio.ts'

let fake: FakeStudio
let shown: ShownPage
const show = async (path: string) => {
  shown = await showPage(NewPipelinePage, fake, path)
}
beforeEach(async () => {
  sessionStorage.clear()
  fake = createFakeStudio({ tickMs: 0, pauseMs: 1 })
  await show('/pipelines/new?dataset=shapes')
})
afterEach(() => shown.page.unmount())

const buttons = (name: string) =>
  shown.page
    .findAll('button')
    .filter((candidate) => candidate.text() === name || candidate.attributes('aria-label') === name)
const button = (name: string) => buttons(name)[0]!
const field = (id: string) => shown.page.get<HTMLInputElement>(`[id="${id}"]`)
const panelOf = (title: string) =>
  shown.page.findAll('section').find((candidate) => candidate.find('h2').text() === title)!
const tab = (text: string) => shown.page.findAll('[role="tab"]').find((candidate) => candidate.text().startsWith(text))!
const switchOf = (label: string) => {
  const text = shown.page.findAll('label').find((candidate) => candidate.text() === label)!
  return shown.page.get(`[id="${text.attributes('for')}"]`)
}

/** Varies the mask ratio of distillation over two values. */
async function varyMasks(): Promise<void> {
  await field('name').setValue('masks')
  await tab('Distillation').trigger('click')
  await button('Vary Mask ratio').trigger('click')
  await field('distill.maskRatio').setValue('0.5, 0.75')
}

describe('a sweep', () => {
  test('starts from the value of a field, counts its pipelines and runs, and can be given up', async () => {
    await varyMasks()
    expect(button('Do not vary Mask ratio').attributes('aria-pressed')).toBe('true')
    expect(panelOf('Sweep').text()).toContain('Distillation › Mask ratio: 0.5, 0.75')
    await field('sweep-seeds').setValue('3')
    expect(panelOf('Sweep').text()).toContain('9 pipelines, 24 runs')
    expect(panelOf('Sweep').text()).toContain('Training shared stages once saves 6 runs.')
    expect(button('Launch 9 pipelines').attributes('disabled')).toBeUndefined()

    await switchOf('Train shared stages once').trigger('click')
    expect(panelOf('Sweep').text()).toContain('6 pipelines, 30 runs')

    await button('Do not vary Distillation › Mask ratio').trigger('click')
    await field('sweep-seeds').setValue('1')
    expect(button('Launch pipeline').attributes('disabled')).toBeUndefined()
    expect(Number(field('distill.maskRatio').element.value)).toBeGreaterThan(0)
  })

  test('its duration is that of its runs', async () => {
    await varyMasks()
    await button('Measure').trigger('click')
    await vi.waitFor(() => expect(panelOf('Cost').text()).toContain('Sweep, 8 runs'), { timeout: 20_000 })
    const [total, sweep] = panelOf('Cost')
      .findAll('dd.font-semibold')
      .map((line) => line.text())
    expect(total).toMatch(/^\d/)
    expect(sweep).toMatch(/^≈ \d/)
  })

  test('is refused with the sentence of the field: what cannot be read, a range without draws, too many, no name', async () => {
    const problems = () => shown.page.get('#launch-problems').text()
    await varyMasks()
    await field('distill.maskRatio').setValue('0.5, much')
    expect(shown.page.get('[id="distill.maskRatio-error"]').text()).toBe(
      'The value much is not allowed. It takes numbers between 0 and 1, both excluded.',
    )
    expect(problems()).toContain('This sweep cannot be launched')
    expect(button('Launch pipeline').attributes('disabled')).toBeDefined()

    await field('distill.maskRatio').setValue('0.5..0.9')
    expect(problems()).toContain('choose the number of draws')
    await field('sweep-draws').setValue('4')
    expect(panelOf('Sweep').text()).toContain('5 pipelines, 14 runs')

    await field('sweep-seeds').setValue('100')
    expect(problems()).toContain('These are 400 pipelines. A sweep has at most 256')
    await field('sweep-seeds').setValue('2')
    await field('name').setValue('')
    expect(problems()).toContain('Name the sweep. Its pipelines begin with it.')
  })

  test('is launched as one group, shown in the table, and offered as bands', async () => {
    await varyMasks()
    await field('sweep-seeds').setValue('2')
    await button('Launch 6 pipelines').trigger('click')
    await flushPromises()
    expect(shown.router.currentRoute.value.query).toEqual({ filter: 'group = masks', group: 'variant' })
    const members = [...fake.world.pipelines.values()].filter(({ group }) => group === 'masks')
    expect(members).toHaveLength(6)

    const link = await vi.waitFor(() => {
      const found = [...document.querySelectorAll('button, a')].find(
        (one) => one.textContent?.trim() === 'Show as bands',
      )
      expect(found).toBeDefined()
      return found as HTMLElement
    })
    link.click()
    await flushPromises()
    const { path, query } = shown.router.currentRoute.value
    expect(path).toBe('/compare')
    expect(query['group']).toBe('variant')
    expect(String(query['ids']).split(',')).toHaveLength(4)
    expect(String(query['ids'])).toMatch(/^masks-mask-ratio-0p5-seed-0.finetune,/)
  })
})

describe('the form', () => {
  test('finds hyperparameters of all sections, and only those that were changed', async () => {
    const shownFields = () =>
      shown.page
        .get('#parameters')
        .findAll('label')
        .map((label) => label.text())
    await shown.page.get('input[aria-label="Find a hyperparameter"]').setValue('warm-up finetune')
    expect(shownFields()).toEqual(['Warm-up'])
    await field('finetune.warmupEpochs').setValue('2')
    await shown.page.get('input[aria-label="Find a hyperparameter"]').setValue('')
    await switchOf('Only what I changed').trigger('click')
    expect(shownFields()).toEqual(['Warm-up'])
    await button('Reset Warm-up to 3').trigger('click')
    expect(shown.page.get('#parameters').text()).toContain('No changed hyperparameter is found.')
  })

  test('keeps the share of the warm-up while epochs are typed, but only if asked', async () => {
    await tab('Fine-tuning').trigger('click')
    const warmup = () => field('finetune.warmupEpochs').element.value
    await field('finetune.epochs').setValue('60')
    expect(warmup()).toBe('3')
    await button('Reset Epochs to 30').trigger('click')
    await switchOf('Warm-up follows epochs').trigger('click')
    // The field is emptied and filled digit by digit.
    for (const text of ['', '6', '60']) await field('finetune.epochs').setValue(text)
    expect(warmup()).toBe('6')
    await field('finetune.warmupEpochs').setValue('12')
    await field('finetune.epochs').setValue('30')
    expect(warmup()).toBe('6')
  })

  test('keeps the sweep and the switches when the page is loaded again', async () => {
    await varyMasks()
    await field('sweep-seeds').setValue('3')
    await switchOf('Warm-up follows epochs').trigger('click')
    await flushPromises()
    shown.page.unmount()
    await show('/pipelines/new')
    expect(panelOf('Sweep').text()).toContain('9 pipelines, 24 runs')
    expect(switchOf('Warm-up follows epochs').attributes('aria-checked')).toBe('true')
    await tab('Distillation').trigger('click')
    expect(field('distill.maskRatio').element.value).toBe('0.5, 0.75')
  })
})
