import { expect, it } from 'vitest'
import type { EngineChoice } from '#contract/engine.ts'
import { StudioError } from '#contract/errors.ts'
import { createEngine } from '#training/engine/index.ts'

async function refusal(choice: EngineChoice): Promise<string> {
  try {
    await (await createEngine(choice, { threads: 1, precision: 'float16' })).dispose()
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.code}: ${cause.message} ${cause.hint}`
    throw cause
  }
  throw new Error(`${choice} has opened.`)
}

it.each(['onnx-cpu', 'onnx-wasm', 'wasm', 'cpu'] as const)('%s refuses half precision, which it would compute more slowly or not at all', async (name) => {
  expect(await refusal(name)).toBe(
    `configuration-invalid: general.precision: the engine '${name}' computes in float32 alone. Set general.precision to float32, or choose onnx-cuda or onnx-webgpu on a graphics card that computes in half precision.`,
  )
})

it('imitates it where that is asked for, and says so', async () => {
  const engine = await createEngine('onnx-cpu', { threads: 1, workers: 2, precision: 'float16', mayImitate: true })
  expect(engine.description).toMatch(/^ONNX Runtime \d+\.\d+\.\d+, CPU, 1 thread, half precision imitated$/)
  await engine.dispose()
})
