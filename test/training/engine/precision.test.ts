import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import type { Card } from '#contract/domain/card.ts'
import { type EngineChoice, engineNames, type EngineTrial, type Precision } from '#contract/domain/engine.ts'
import type { Provider } from '#training/engine/run/onnx/providers.ts'
import { cudaHalf } from '#training/engine/run/onnx/providers/cuda-recording.ts'
import { inPrecision } from '#training/engine/run/onnx/providers/half-precision.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { TrialCache } from '#training/selection/trial-cache.ts'
import { withVariable } from '../selection/child-hooks.ts'

async function refusal(choice: EngineChoice, precision: Precision = 'float16'): Promise<string> {
  try {
    await (await createEngine(choice, { threads: 1, precision })).dispose()
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.code}: ${cause.message} ${cause.hint}`
    throw cause
  }
  throw new Error(`${choice} has opened.`)
}

it.each(['onnx-cpu', 'onnx-wasm', 'wasm', 'cpu'] as const)(
  '%s rejects half precision, which it computes more slowly or not at all',
  async (name) => {
    expect(await refusal(name)).toBe(
      `configuration-invalid: general.precision: the engine '${name}' computes in float32 only. Set general.precision to float32, or choose onnx-cuda or onnx-webgpu on a graphics card that supports float16.`,
    )
  },
)

it('auto rejects it without an engine on a graphics card, with the reasons', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-precision-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  withVariable('XDG_CACHE_HOME', folder)
  const trials = engineNames.map((name): EngineTrial => {
    const isPresent = name === 'onnx-cpu'
    return {
      name,
      isPresent,
      reason: isPresent ? '' : `Not with ${name}.`,
      device: isPresent ? 'CPU' : '',
      install: '',
      selfTest: isPresent ? { passed: true, worstDifference: 0, sentence: '' } : null,
      secondsPerStep: isPresent ? 0.1 : null,
    }
  })
  new TrialCache(1, () => {}).write({ triedAt: new Date().toISOString(), trials })
  expect(await refusal('auto')).toMatchInlineSnapshot(
    `"configuration-invalid: general.precision: float16 needs a graphics card, and no engine that computes in it works on this machine. onnx-cuda: Not with onnx-cuda. onnx-webgpu: Not with onnx-webgpu. Set general.precision to float32, or see the reason for each engine: npm run -s studio -- engine list"`,
  )
})

it('names the engine that computes in bfloat16', async () => {
  expect(await refusal('onnx-cpu', 'bfloat16')).toBe(
    "configuration-invalid: general.precision: the engine 'onnx-cpu' computes in float32 only. Set general.precision to float32, or choose onnx-cuda on a graphics card that supports bfloat16.",
  )
})

it.each(['float16', 'bfloat16'] as const)(
  'imitates %s on request, and says so in its description',
  async (precision) => {
    const engine = await createEngine('onnx-cpu', { threads: 1, workers: 2, precision, mayImitate: true })
    expect(engine.description).toMatch(
      new RegExp(String.raw`^ONNX Runtime \d+\.\d+\.\d+, CPU, 1 thread, ${precision} imitated$`),
    )
    await engine.dispose()
  },
)

it('a card that is too old for bfloat16 is named, with what to choose instead', async () => {
  const card: Card = {
    index: 0,
    uuid: 'GPU-1',
    name: 'Tesla T4',
    driverVersion: '580',
    memoryBytes: null,
    usedMemoryBytes: null,
    computeCapability: '7.5',
    isExclusive: false,
    processes: [],
  }
  let isDisposed = false
  const provider: Provider = {
    runtime: { version: '', open: () => Promise.reject(new Error('Nothing is opened.')) },
    device: 'GPU 0, Tesla T4',
    card,
    description: '',
    memory: 'device',
    half: cudaHalf,
    sessionOptions: { device: { kind: 'cuda', number: 0, tf32: false }, threads: 1 },
    dispose: async () => void (isDisposed = true),
  }
  await expect(inPrecision('onnx-cuda', provider, { precision: 'bfloat16' })).rejects.toMatchObject({
    code: 'configuration-invalid',
    message: 'general.precision: Tesla T4 has compute capability 7.5, and bfloat16 needs 8.0 (Ampere) or newer.',
    hint: 'Set general.precision to float16 or float32, or use another graphics card.',
  })
  expect(isDisposed).toBe(true)
})
