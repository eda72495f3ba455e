import { expect, test } from 'vitest'
import { toStudioError } from '#contract/api/errors.ts'
import type { EngineName } from '#contract/domain/engine.ts'
import { tryEngines } from '#training/selection/try-engines.ts'
import prepareVulkan, { softwareVulkan } from '../../support/software-vulkan.ts'
import { onImportOf, withVariable } from './child-hooks.ts'

test('an engine is opened, compared and timed in another process', async () => {
  const tried: EngineName[] = []
  const [missing, compiled, slow] = await tryEngines(['tensorflow', 'onnx-cpu', 'cpu'], {
    threads: 1,
    extent: 'all',
    timeLimitMs: 5000,
    onTrying: (name) => tried.push(name),
  })
  expect(tried).toEqual(['tensorflow', 'onnx-cpu', 'cpu'])
  expect(missing).toMatchObject({ isPresent: false, selfTest: null, secondsPerStep: null })
  expect(compiled).toMatchObject({ name: 'onnx-cpu', isPresent: true, device: 'CPU', selfTest: { passed: true } })
  expect(compiled!.secondsPerStep).toBeGreaterThan(0)
  expect(slow).toMatchObject({ name: 'cpu', selfTest: { passed: true, worstDifference: 0 }, secondsPerStep: null })
})

test('a software renderer is not tried if only likely engines are', async () => {
  await prepareVulkan()
  for (const [name, value] of Object.entries(softwareVulkan())) withVariable(name, value)
  const [trial] = await tryEngines(['onnx-webgpu'], { threads: 1, extent: 'likely' })
  expect(trial).toMatchObject({
    isPresent: true,
    device: expect.stringMatching(/^CPU/),
    selfTest: null,
    secondsPerStep: null,
  })
})

test('an engine that crashes is reported, and those after it are tried', async () => {
  onImportOf('koffi', 'process.abort()')
  const trials = await tryEngines(['cpu', 'onnx-cpu', 'wasm'], { threads: 1, extent: 'all', timeLimitMs: 50 })
  expect(
    trials.map(({ name, isPresent, reason, selfTest }) => [name, isPresent, selfTest?.passed, isPresent ? '' : reason]),
  ).toEqual([
    ['cpu', true, true, ''],
    ['onnx-cpu', false, undefined, 'Opening it crashed the process (signal SIGABRT).'],
    ['wasm', true, true, ''],
  ])
})

test('an engine that hangs is reported', async () => {
  onImportOf('koffi', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)')
  const [trial] = await tryEngines(['onnx-cpu'], { threads: 1, extent: 'all', testLimitMs: 6000 })
  expect(trial).toMatchObject({ isPresent: false, reason: 'Opening it takes longer than 6 s.', selfTest: null })
})

test('trying can be cancelled', async () => {
  const stop = new AbortController()
  const trials = tryEngines(['onnx-cpu'], {
    threads: 1,
    extent: 'all',
    signal: stop.signal,
    onTrying: () => stop.abort(),
  })
  expect(
    toStudioError(
      await trials.then(
        () => undefined,
        (cause: unknown) => cause,
      ),
    ).code,
  ).toBe('cancelled')
  await expect(tryEngines(['onnx-cpu'], { threads: 1, extent: 'all', signal: stop.signal })).rejects.toThrow(
    'Trying engines was cancelled.',
  )
})
