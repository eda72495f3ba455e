// @vitest-environment happy-dom
import { createRouterClient } from '@orpc/server'
import { flushPromises } from '@vue/test-utils'
import { expect, onTestFinished, test, vi } from 'vitest'
import { newAlert, requestOf } from '#renderer/features/settings/alert-draft.ts'
import { stateOf, stepTime } from '#renderer/features/settings/engines.ts'
import SettingsPage from '#renderer/features/settings/SettingsPage.vue'
import { formatDate } from '#renderer/ui/format.ts'
import { showPage } from '../../support/fake-app.ts'
import { fakeEngines } from '../../support/fake-engines.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

type Page = Awaited<ReturnType<typeof showPage>>['page']

/** The list items of a panel. */
const rowsIn = (page: Page, title: string) =>
  page
    .findAll('section')
    .find((panel) => panel.find('h2').text() === title)
    ?.findAll('li') ?? []

test('the page shows that engines are tested, then lists them with the one used by auto and why', async () => {
  const { page } = await showPage(SettingsPage, createFakeStudio({ tickMs: 0, pauseMs: 20 }), '/settings')
  onTestFinished(() => page.unmount())
  expect(page.get('[role="status"]').text()).toContain('Testing each engine on this machine.')

  await vi.waitFor(() => expect(rowsIn(page, 'Engines')).toHaveLength(fakeEngines().length))
  await flushPromises()
  expect(page.find('[role="status"]').exists()).toBe(false)
  expect(
    rowsIn(page, 'Engines').map((row) =>
      row
        .findAll('p, code')
        .map((part) => part.text())
        .filter((part) => !part.includes('node_modules')),
    ),
  ).toMatchInlineSnapshot(`
    [
      [
        "The CUDA libraries of ONNX Runtime are not installed.",
        "npm run -s studio -- engine install cuda",
      ],
      [
        "The native library of @tensorflow/tfjs-node-gpu is missing or cannot be loaded.",
        "npm run -s studio -- engine install tensorflow",
      ],
      [
        "Compiles each step to one graph; for any graphics card, through Vulkan, Metal or Direct3D. GPU, Vulkan",
        "Not chosen: it fails its self-test.",
        "Two steps differ from plain JavaScript: encoder.blocks.0.norm2.weight after training by 2.1e-1, more than 0.01.",
      ],
      [
        "Compiles each step to one graph; the fastest on a processor. CPU",
        "Chosen by auto: 152 ms per step, 7.2 times as fast as onnx-wasm.",
        "Two steps agree with plain JavaScript: largest difference 5.9e-6 (encoder.blocks.0.norm2.weight after training).",
      ],
      [
        "Compiles each step to one graph, in WebAssembly; for systems without a library of ONNX Runtime. CPU",
        "Not chosen: 1.1 s per step; onnx-cpu takes 152 ms.",
        "Two steps agree with plain JavaScript: largest difference 1.0e-5 (decoder.blocks.0.norm1.weight after training).",
      ],
      [
        "WebAssembly, kernel by kernel; works everywhere, slow. CPU",
        "Not chosen: more than 3 s per step.",
        "Two steps agree with plain JavaScript: largest difference 2.9e-6 (decoder.blocks.0.norm2.weight after training).",
      ],
      [
        "Plain JavaScript; the reference to check the others against, very slow. CPU",
        "Not chosen: more than 3 s per step.",
        "Two steps equal those of plain JavaScript to the last bit.",
      ],
    ]
  `)
  const [cuda, tensorflow, webgpu, compiled] = rowsIn(page, 'Engines')
  expect(compiled!.text()).toMatch(/auto.*152 ms$/s)
  expect([cuda, tensorflow, webgpu].some((row) => row!.text().includes('auto'))).toBe(false)
  expect(webgpu!.get('p.text-error').text()).toContain('2.1e-1')
  expect(tensorflow!.get('details:not([open])').text()).toContain('tfjs_binding.node')
})

test('engines are tested again on request only', async () => {
  const studio = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  const { page } = await showPage(SettingsPage, studio, '/settings')
  onTestFinished(() => page.unmount())
  await vi.waitFor(() => expect(rowsIn(page, 'Engines')).toHaveLength(fakeEngines().length))
  const before = formatDate(fakeEngines()[0]!.triedAt)
  expect(page.text()).toContain(`Tested ${before}`)
  await page
    .findAll('button')
    .find((button) => button.text() === 'Test again')!
    .trigger('click')
  await vi.waitFor(() => expect(page.text()).not.toContain(before))
})

test('an engine is available, failed or unavailable; its step has a duration, is too slow or unknown', () => {
  expect(fakeEngines().map((engine) => `${engine.name}: ${stateOf(engine).name}, ${stepTime(engine)}`))
    .toMatchInlineSnapshot(`
    [
      "onnx-cuda: unavailable, ",
      "tensorflow: unavailable, ",
      "onnx-webgpu: failed, ",
      "onnx-cpu: available, 152 ms",
      "onnx-wasm: available, 1.1 s",
      "wasm: available, too slow",
      "cpu: available, too slow",
    ]
  `)
})

test('each graphics card shows its memory, and the run that holds it or why none can', async () => {
  const { page } = await showPage(SettingsPage, createFakeStudio({ tickMs: 0, pauseMs: 0 }), '/settings')
  onTestFinished(() => page.unmount())
  await vi.waitFor(() => expect(rowsIn(page, 'Graphics cards')).toHaveLength(3))
  const rows = rowsIn(page, 'Graphics cards')
  expect(rows.map((row) => row.text().replaceAll(/\s+/g, ' '))).toMatchInlineSnapshot(`
    [
      "Card 0NVIDIA L4, 22.5 GiB, compute capability 8.9, driver 580.95.05In use by the run falls-small-1.distill.12.0 GiB in use",
      "Card 1NVIDIA L4, 22.5 GiB, compute capability 8.9, driver 580.95.05Free.4.0 MiB in use",
      "Card 2NVIDIA L4, 22.5 GiB, compute capability 8.9, driver 580.95.05It is in use by other programs (20.0 GiB of 22.5 GiB, process 4711).20.0 GiB in use",
    ]
  `)
  expect(rows[0]!.get('a').attributes('href')).toContain('/runs/falls-small-1.distill')
})

test('the folder for TensorBoard is set and turned off', async () => {
  const studio = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  const { page } = await showPage(SettingsPage, studio, '/settings')
  onTestFinished(() => page.unmount())
  const panel = () => page.findAll('section').find((section) => section.find('h2').text() === 'TensorBoard')!
  await vi.waitFor(() => expect(panel().text()).toContain('Runs write no event files.'))
  await panel().get('input').setValue(' /home/ada/logs ')
  await panel().get('form').trigger('submit')
  await vi.waitFor(() => expect(panel().text()).toContain('tensorboard --logdir FOLDER'))
  expect(panel().get('input').element.value).toBe('/home/ada/logs')
  const off = panel()
    .findAll('button')
    .find((button) => button.text() === 'Turn off')!
  await off.trigger('click')
  await vi.waitFor(() => expect(panel().text()).toContain('Runs write no event files.'))
})

test.each([
  ['Frame cache', '212 videos: 2.4 GiB of at most 4.0 GiB', '4', '0 videos'],
  ['Teacher features', '480 clips: 1.1 GiB of at most 16.0 GiB', '16', '0 clips'],
])('the cache "%s" shows its space, gets another budget, and is emptied', async (title, usage, budget, empty) => {
  const studio = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  const { page } = await showPage(SettingsPage, studio, '/settings')
  onTestFinished(() => page.unmount())
  const panel = () => page.findAll('section').find((section) => section.find('h2').text() === title)!
  const button = (label: string) =>
    panel()
      .findAll('button')
      .find((button) => button.text() === label)!
  await vi.waitFor(() => expect(panel().text()).toContain(usage))
  await vi.waitFor(() => expect(panel().get('input').element.value).toBe(budget))
  await panel().get('input').setValue('-1')
  expect(button('Save').attributes('disabled')).toBeDefined()
  await panel().get('input').setValue('20')
  await panel().get('form').trigger('submit')
  await vi.waitFor(() => expect(panel().text()).toContain('of at most 20.0 GiB'))
  await button('Empty the cache').trigger('click')
  await vi.waitFor(() => expect(panel().text()).toContain(empty))
  expect(button('Empty the cache').attributes('disabled')).toBeDefined()
})

test('new frames are compressed if wished, and the budget stays', async () => {
  const studio = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  const { page } = await showPage(SettingsPage, studio, '/settings')
  onTestFinished(() => page.unmount())
  const panel = () => page.findAll('section').find((section) => section.find('h2').text() === 'Frame cache')!
  const frames = async () => (await createRouterClient(studio.router).settings.get({})).frames
  await vi.waitFor(() => expect(panel().get('input').element.value).toBe('4'))
  await panel().get('[role="switch"]').trigger('click')
  await vi.waitFor(() => expect(panel().get('[role="switch"]').attributes('aria-checked')).toBe('true'))
  expect(await frames()).toEqual({ budgetGib: 4, isCompressed: true })
  await panel().get('input').setValue('20')
  await panel().get('form').trigger('submit')
  await vi.waitFor(async () => expect(await frames()).toEqual({ budgetGib: 20, isCompressed: true }))
})

test('a dataset is decoded ahead, with what became of its videos and the new space of the cache', async () => {
  const studio = createFakeStudio({ tickMs: 0, pauseMs: 0 })
  const { page } = await showPage(SettingsPage, studio, '/settings')
  onTestFinished(() => page.unmount())
  const panel = () => page.findAll('section').find((section) => section.find('h2').text() === 'Frame cache')!
  const [, form] = panel().findAll('form')
  await vi.waitFor(() => expect(form!.get('button[type=submit]').attributes('disabled')).toBeUndefined())
  await form!.get('input').setValue('8')
  expect(form!.get('button[type=submit]').attributes('disabled')).toBeDefined()
  await form!.get('input').setValue('112')
  await form!.trigger('submit')
  const done = '6 videos: 3 decoded, 2 beyond the budget, 0 unreadable; the others were in the cache.'
  await vi.waitFor(() => expect(panel().text()).toContain(done), 10_000)
  await vi.waitFor(() => expect(panel().text()).toContain('215 videos'))
})

test('alerts are listed without the address of a webhook, and one that does not arrive says why', async () => {
  const { page } = await showPage(SettingsPage, createFakeStudio({ tickMs: 0, pauseMs: 1 }), '/settings')
  onTestFinished(() => page.unmount())
  await vi.waitFor(() => expect(rowsIn(page, 'Alerts')).toHaveLength(3))
  const [, webhook, command] = rowsIn(page, 'Alerts').map((row) => row.text())
  expect(webhook).toContain('https://hooks.slack.com')
  expect(webhook).toContain('answered with status 404')
  expect(command).toContain('/usr/local/bin/notify-team --channel training')
})

test('an alert is added once it has an event and a whole channel', () => {
  const draft = { ...newAlert(), type: 'webhook' as const }
  expect(requestOf({ ...draft, url: 'hooks.slack.com' })).toBeUndefined()
  expect(requestOf({ ...draft, url: 'https://hooks.slack.com/x', kinds: [] })).toBeUndefined()
  expect(requestOf({ ...draft, url: ' https://hooks.slack.com/x ' })?.channel).toEqual({
    type: 'webhook',
    url: 'https://hooks.slack.com/x',
    format: 'json',
  })
  expect(requestOf({ ...draft, type: 'command', program: 'say', arguments: 'a b\n\nc' })?.channel).toEqual({
    type: 'command',
    program: 'say',
    arguments: ['a b', 'c'],
  })
  expect(requestOf({ ...newAlert(), kinds: ['plateau'], patience: Number.NaN })).toBeUndefined()
})
