import { expect, test } from 'vitest'
import { explanationOf, StudioError } from '#contract/api/errors.ts'
import { tryProvider } from '#training/engine/run/onnx/providers/try-provider.ts'

const failing = (message: string) =>
  ({
    runtime: { version: '1.29.0', open: () => Promise.reject(new Error(message)) },
    sessionOptions: { device: { kind: 'cuda', number: 0, tf32: false }, threads: 1 },
  }) as const

test('a device that does not start says what to do', async () => {
  const provider = failing('CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0')
  await expect(tryProvider(provider)).rejects.toMatchObject({
    code: 'engine-unavailable',
    hint: expect.stringContaining('Update the driver'),
  })
})

test('an error without an explanation is the one of ONNX Runtime', async () => {
  await expect(tryProvider(failing('Unknown provider'))).rejects.toThrow(/^Unknown provider$/)
})

test('the explanation of an error is found among its causes', () => {
  const known = new StudioError('engine-unavailable', 'The driver is too old.', 'Update it.')
  expect(explanationOf(new Error('CUDA does not start.', { cause: known }))).toBe(known)
  expect(explanationOf(new Error('CUDA does not start.', { cause: 'no error' }))).toBeUndefined()
})
