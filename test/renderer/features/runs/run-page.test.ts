// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { h } from 'vue'
import RunPage from '#renderer/features/runs/RunPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { diverge, divergedRun } from '../../support/fake-divergence.ts'
import { createFakeStudio, type FakeStudio } from '../../support/fake-studio.ts'

/** Long enough for a machine that is busy with other things. */
const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown.page.unmount())

const show = async (fake: FakeStudio, id: string, tab: string) => {
  shown = await showPage({ render: () => h(RunPage, { id }) }, fake, `/runs/${id}?tab=${tab}`)
}

const factOf = (label: string) => shown.page.findAll('dl > div').find((fact) => fact.text().startsWith(label))!

test('a failed run shows error, hint and the end of its log', async () => {
  await show(createFakeStudio({ tickMs: 0 }), 'falls-base-image-teacher', 'configuration')
  const alert = shown.page.get('[role="alert"]')
  expect(alert.text()).toContain('Image teacher failed at step 40')
  expect(alert.text()).toContain('The image teacher needs 14.2 GiB and the machine has 7.8 GiB.')
  expect(alert.text()).toContain('Lower image-teacher.batchSize (now 64)')
  await vi.waitFor(
    () => expect(shown.page.get('[role="alert"]').text()).toMatch(/Last \d+ lines of the log.*started on onnx-cpu/s),
    soon,
  )
})

test('the configuration is shown with labels and units, and its inputs link to their runs', async () => {
  await show(createFakeStudio({ tickMs: 0 }), 'shapes-demo-distill', 'configuration')
  await vi.waitFor(() => expect(shown.page.text()).toContain('Mask ratio'), soon)
  const rows = () => shown.page.findAll('dl > div').map((row) => row.text().replaceAll(/\s+/g, ' '))
  await vi.waitFor(
    () =>
      expect(rows()).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^Teachers ?both$/),
          expect.stringMatching(/^Frames ?\d+ ?frames$/),
        ]),
      ),
    soon,
  )
  expect(shown.page.findAll('a').map((link) => link.attributes('href'))).toContain('/runs/shapes-demo-video-teacher')
})

test('peak memory is shown with the estimate made at launch', async () => {
  await show(createFakeStudio({ tickMs: 0 }), 'shapes-demo-distill', 'configuration')
  await vi.waitFor(() => expect(factOf('Memory').text()).toBe('Memory830 MiBestimated 628 MiB'), soon)
  expect(factOf('Memory').attributes('title')).toMatchInlineSnapshot(
    `"Peak memory of the process. Estimate at launch: Process 300 MiB, Weights 20.0 MiB, Activations 300 MiB, Frozen models 0 B, Batches 8.0 MiB."`,
  )
})

test('progress, checkpoints and pictures are updated by the stream', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  await show(fake, 'falls-tiny-video-teacher', 'checkpoints')
  await vi.waitFor(() => expect(shown.page.findAll('tbody tr')).toHaveLength(2), soon)
  const pictures = () =>
    shown.page
      .findAll('[role="tab"]')
      .find((tab) => tab.text().startsWith('Pictures'))!
      .text()
  const before = pictures()
  for (let step = 170; step < 225; step++) fake.world.tick()
  await vi.waitFor(() => expect(shown.page.findAll('tbody tr')).toHaveLength(3), soon)
  expect(shown.page.get('dl').text()).toContain('225')
  expect(pictures()).not.toBe(before)
})

test('the step slider shows the pictures of a step', async () => {
  await show(createFakeStudio({ tickMs: 0 }), 'shapes-demo-video-teacher', 'pictures')
  await vi.waitFor(() => expect(shown.page.find('input[type="range"]').exists()).toBe(true), soon)
  expect(shown.page.text()).toContain('Step 420 (8 of 8)')
  await shown.page.get('input[type="range"]').setValue(0)
  await flushPromises()
  expect(shown.page.text()).toContain('Step 0 (1 of 8)')
  expect(shown.page.findAll('img').map((image) => image.attributes('src'))).toEqual(
    ['input', 'masked', 'reconstruction', 'patch-mean'].map(
      (role) => `/media/runs/shapes-demo-video-teacher/media/step-00000000-${role}.webp`,
    ),
  )
})

test('a test shows accuracy, weakest class and confusion matrix', async () => {
  await show(createFakeStudio({ tickMs: 0 }), 'shapes-demo-evaluate', 'result')
  expect(shown.page.text()).toMatch(/Top-1\s*78\.3 %\s*chance 12\.5 %/)
  const weakest = shown.page.findAll('table').at(-1)!.findAll('tbody tr')[0]!.text()
  expect(weakest).toContain('counter-clockwise')
  expect(shown.page.get('td[title^="counter-clockwise:"]').text()).toBe('9')
})

test('a missing run is reported', async () => {
  await show(createFakeStudio({ tickMs: 0 }), 'nope', 'curves')
  expect(shown.page.text()).toContain('There is no run named nope.')
})

test('a diverged run shows its last steps, layers and clips, and offers a launch with a lower rate', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  diverge(fake.world)
  await show(fake, divergedRun, 'configuration')
  await vi.waitFor(
    () => expect(shown.page.get('[role="alert"]').text()).toContain('Gradients by layer: 8 of 15 not finite'),
    soon,
  )
  const text = shown.page.get('[role="alert"]').text()
  expect(text).toContain('encoder.blocks.6.attn.qkv.weight')
  expect(text).toContain('The loss is not finite in micro-batch 2 of 2.')
  expect(text).toContain('chair/fall-02.mp4 · frames 0, 4, …, 28')
  expect(text).not.toContain('bed/fall-07.mp4 ·')
  const link = shown.page.findAll('a').find((found) => found.text().includes('with a lower rate'))
  expect(link?.attributes('href')).toBe(`/pipelines/new?diverged=${divergedRun}`)
})
