import { expect, test } from 'vitest'
import type { Library } from '#training/engine/run/onnx/native/library.ts'
import { withOptions } from '#training/engine/run/onnx/native/options.ts'
import type { Device } from '#training/engine/run/onnx/runtime.ts'

/** The options of the CUDA provider that a session asks for, from a library that only records them. */
function cudaOptions(device: Device): Readonly<Record<string, string>> | undefined {
  let given: Readonly<Record<string, string>> | undefined
  const call = new Proxy(
    {
      updateCudaOptions(_options: bigint, keys: readonly string[], values: readonly string[], count: number) {
        expect([keys.length, values.length]).toEqual([count, count])
        given = Object.fromEntries(keys.map((key, index) => [key, values[index] ?? '']))
        return []
      },
    } as Record<string, (...words: never[]) => readonly bigint[]>,
    { get: (known, name: string) => known[name] ?? (() => [1n]) },
  )
  const release = new Proxy({}, { get: () => () => {} })
  withOptions({ call, release } as unknown as Library, { device, threads: 1 }, () => {})
  return given
}

test('CUDA computes float32 products in float32 unless TF32 is switched on, because its own default is TF32', () => {
  expect(cudaOptions({ kind: 'cuda', number: 1, tf32: false })).toEqual({ device_id: '1', use_tf32: '0' })
  expect(cudaOptions({ kind: 'cuda', number: 0, tf32: true })).toEqual({ device_id: '0', use_tf32: '1' })
})

test('other devices get no options of CUDA', () => {
  expect(cudaOptions({ kind: 'cpu' })).toBeUndefined()
})
