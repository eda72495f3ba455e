// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { EngineReport } from '#contract/engine.ts'
import { passedOver } from '#renderer/features/settings/engines.ts'
import SettingsPage from '#renderer/features/settings/SettingsPage.vue'
import { showPage } from '../support/fake-app.ts'
import { createFakeStudio } from '../support/fake-studio.ts'

test('while the engines are being tried the page says so, then lists them with the loader\'s words behind a disclosure', async () => {
  const { page } = await showPage(SettingsPage, createFakeStudio({ tickMs: 0, pauseMs: 20 }), '/settings')
  onTestFinished(() => page.unmount())
  expect(page.get('[role="status"]').text()).toBe('Trying each engine on this machine…')

  await vi.waitFor(() => expect(page.findAll('li')).toHaveLength(4))
  await flushPromises()
  expect(page.find('[role="status"]').exists()).toBe(false)
  const [onnx, tensorflow] = page.findAll('li')
  expect(onnx!.text()).toContain('auto')
  expect(tensorflow!.get('p').text()).toBe('The native library of @tensorflow/tfjs-node-gpu is missing or cannot be loaded.')
  expect(tensorflow!.get('details:not([open])').text()).toContain('tfjs_binding.node')
})

const report = (name: EngineReport['name'], isPresent: boolean): EngineReport => ({ name, isPresent, reason: `About ${name}.`, device: isPresent ? 'CPU' : '', install: '' })
test.each([
  [[report('onnx-cpu', true), report('wasm', true)], ''],
  [[report('onnx-cpu', false), report('wasm', true)], 'auto takes wasm, which is slower than onnx-cpu. About onnx-cpu.'],
  [[report('onnx-cpu', false)], ''],
])('why auto does not take the fastest engine (%#)', (engines, text) => expect(passedOver(engines)).toBe(text))
