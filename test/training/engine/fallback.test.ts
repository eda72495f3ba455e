import { registerHooks } from 'node:module'
import { afterAll, expect, it } from 'vitest'
import { autoChoice, type EngineReport } from '#contract/engine.ts'
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
  expect(engine.name).toBe('wasm')
  const library = `The library of ONNX Runtime for ${process.platform} ${process.arch} is missing or cannot be loaded.`
  expect(said).toEqual([`The engine 'onnx-cpu' is not present: ${library} The slower engine 'wasm' takes its place.`])
  await engine.dispose()
})

it('a missing engine is listed with a sentence, and with what its loader said apart from it', async () => {
  const reports = await listEngines()
  expect(reports.find(({ name }) => name === 'onnx-cpu')).toMatchObject({ isPresent: false, reason: expect.stringMatching(/^The library of ONNX Runtime for .* cannot be loaded\.$/), detail: expect.stringContaining('onnxruntime_binding.node') })
  for (const { reason } of reports) expect(reason).not.toContain('node_modules')
  expect(autoChoice(reports)).toBe('wasm')
})

it.each<[string, Partial<Record<EngineReport['name'], string>>, string | undefined]>([
  ['ONNX Runtime before WebAssembly', { wasm: 'CPU', 'onnx-cpu': 'CPU' }, 'onnx-cpu'],
  ['TensorFlow on a graphics card before all', { 'onnx-cpu': 'CPU', tensorflow: 'GPU' }, 'tensorflow'],
  ['TensorFlow on a CPU never', { cpu: 'CPU', tensorflow: 'CPU' }, 'cpu'],
  ['nothing where nothing is', {}, undefined],
])('auto takes %s', (_, devices, expected) => {
  const names = ['onnx-cpu', 'tensorflow', 'wasm', 'cpu'] as const
  expect(autoChoice(names.map((name) => ({ name, isPresent: name in devices, reason: 'r', device: devices[name] ?? '', install: '' })))).toBe(expected)
})
