import { mkdtempSync, rmSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { listEngines } from '#training/engine/list-engines.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { onImportOf, withVariable } from '../selection/child-hooks.ts'

/** Hides Koffi, which calls ONNX Runtime's library. */
const hooks = registerHooks({
  resolve(specifier, context, next) {
    if (specifier.includes('koffi')) throw new Error('Cannot find module koffi')
    return next(specifier, context)
  },
})
afterAll(() => hooks.deregister())

it('without ONNX Runtime, auto uses a slower engine and reports the reason', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-fallback-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  withVariable('XDG_CACHE_HOME', folder)
  onImportOf('koffi', "throw new Error('Cannot find module koffi')")
  const said: string[] = []
  const engine = await createEngine('auto', { onPassedOver: (message) => said.push(message) })
  expect(engine.name).toBe('onnx-wasm')
  const library = `The library of ONNX Runtime for ${process.platform} ${process.arch} is missing or cannot be loaded.`
  expect(said).toEqual([
    `The engine 'onnx-cpu' is not present: ${library} Using the slower engine 'onnx-wasm' instead.`,
  ])
  await engine.dispose()
})

it('a missing engine is listed with a reason, and the message of its loader separately', async () => {
  const reports = await listEngines()
  expect(reports.find(({ name }) => name === 'onnx-cpu')).toMatchObject({
    isPresent: false,
    reason: expect.stringMatching(/^The library of ONNX Runtime for .* cannot be loaded\.$/),
    detail: expect.stringContaining('koffi'),
  })
  for (const { reason } of reports) expect(reason).not.toContain('node_modules')
})
