// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import MemoryPanel from '#renderer/features/pipelines/MemoryPanel.vue'
import { showPage } from '../../support/fake-app.ts'
import { presetNamed } from '../../support/fake-data.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

const text = (line: { text: () => string }) => line.text().replaceAll(/\s+/g, ' ')

test('on a graphics card, its memory is shown beside the main memory, and marked if it does not fit', async () => {
  const { configuration } = presetNamed('tiny')
  const request = {
    dataset: 'shapes',
    preset: 'tiny',
    configuration: { ...configuration, general: { ...configuration.general, engine: 'onnx-cuda' as const } },
  }
  const Panel = defineComponent({ render: () => h(MemoryPanel, { request }) })
  const { page } = await showPage(Panel, createFakeStudio({ tickMs: 0, pauseMs: 1 }), '/')
  await vi.waitFor(() => expect(page.text()).toContain('on the card'), { timeout: 20_000 })
  const lines = page.findAll('dl > div, p').map(text)
  expect(lines.slice(0, 2)).toEqual([
    'Image teacher528 MiB + 2.7 GiB on the card',
    'Video teacher578 MiB + 3.7 GiB on the card',
  ])
  expect(lines.at(-1)).toBe(
    '8.0 GiB free, 4.0 GiB on NVIDIA RTX 4090. Estimated for onnx-cuda in bfloat16, of which nothing was measured; stages run one after another.',
  )
  expect(page.get('dl > div').attributes('title')).toContain(
    '; on the card: CUDA 700 MiB, Weights 1.0 GiB, Activations 1.0 GiB, Frozen models 0 B',
  )
  expect(page.findAll('.text-warning').map(text)).toEqual([
    '+ 4.7 GiB on the card',
    '+ 5.7 GiB on the card',
    '+ 6.7 GiB on the card',
  ])
  page.unmount()
})
