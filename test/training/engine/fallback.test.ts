import { registerHooks } from 'node:module'
import { afterAll, expect, it } from 'vitest'
import { autoChoice, engineNames, type EngineReport } from '#contract/engine.ts'
import { createEngine, listEngines } from '#training/engine/index.ts'

/** A machine for which ONNX Runtime has no binary. */
const hooks = registerHooks({
  resolve(specifier, context, next) {
    if (specifier.includes('onnxruntime-node')) throw new Error('Cannot find module onnxruntime_binding.node')
    return next(specifier, context)
  },
})
afterAll(() => hooks.deregister())

it('without ONNX Runtime, auto takes a slower engine and says why', async () => {
  const said: string[] = []
  const engine = await createEngine('auto', { onPassedOver: (message) => said.push(message) })
  expect(engine.name).toBe('onnx-wasm')
  const library = `The library of ONNX Runtime for ${process.platform} ${process.arch} is missing or cannot be loaded.`
  expect(said).toEqual([`The engine 'onnx-cpu' is not present: ${library} The slower engine 'onnx-wasm' takes its place.`])
  await engine.dispose()
})

it('a missing engine is listed with a sentence, and with what its loader said apart from it', async () => {
  const reports = await listEngines()
  expect(reports.find(({ name }) => name === 'onnx-cpu')).toMatchObject({ isPresent: false, reason: expect.stringMatching(/^The library of ONNX Runtime for .* cannot be loaded\.$/), detail: expect.stringContaining('onnxruntime_binding.node') })
  for (const { reason } of reports) expect(reason).not.toContain('node_modules')
  expect(autoChoice(reports)).toBe('onnx-wasm')
})

it.each<[string, Partial<Record<EngineReport['name'], string>>, string | undefined]>([
  ['ONNX Runtime before WebAssembly', { wasm: 'CPU', 'onnx-cpu': 'CPU' }, 'onnx-cpu'],
  ['TensorFlow on a graphics card before any processor', { 'onnx-cpu': 'CPU', tensorflow: 'GPU' }, 'tensorflow'],
  ['CUDA before all', { 'onnx-cuda': 'GPU 0', 'onnx-cpu': 'CPU', 'onnx-webgpu': 'GPU, NVIDIA', tensorflow: 'GPU' }, 'onnx-cuda'],
  ['WebGPU on a graphics card', { 'onnx-cpu': 'CPU', 'onnx-webgpu': 'GPU, AMD', tensorflow: 'CPU' }, 'onnx-webgpu'],
  ['WebGPU on a processor never', { 'onnx-cpu': 'CPU', 'onnx-webgpu': 'CPU, SwiftShader' }, 'onnx-cpu'],
  ['compiled WebAssembly before any other', { wasm: 'CPU', 'onnx-wasm': 'CPU', cpu: 'CPU' }, 'onnx-wasm'],
  ['TensorFlow on a CPU never', { cpu: 'CPU', tensorflow: 'CPU' }, 'cpu'],
  ['nothing where nothing is', {}, undefined],
])('auto takes %s', (_, devices, expected) => {
  expect(autoChoice(engineNames.map((name) => ({ name, isPresent: name in devices, reason: 'r', device: devices[name] ?? '', install: '' })))).toBe(expected)
})
