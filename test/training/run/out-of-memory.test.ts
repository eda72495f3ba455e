import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { explainOutOfMemory } from '#training/run/out-of-memory.ts'

test.each([
  ['a typed array', new RangeError('Array buffer allocation failed')],
  ['a typed array beyond all sizes', new RangeError('Invalid typed array length: 99999999999')],
  ['ONNX Runtime', new Error('Non-zero status code returned while running MatMul node. std::bad_alloc')],
  [
    'its arena',
    new Error(
      '/onnxruntime/core/framework/bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 5308416',
    ),
  ],
  ['the engine', new StudioError('out-of-memory', 'There is not enough memory for distill.', 'Lower something.')],
])('where %s cannot have its memory, the stage and what to change are named', (_, cause) => {
  const error = explainOutOfMemory(cause, 'distill', 'Lower the batch.') as StudioError
  expect([error.code, error.message, error.hint]).toEqual([
    'out-of-memory',
    'There is not enough memory for the stage distill.',
    'Lower the batch.',
  ])
  expect(error.cause).toBe(cause)
})

test('another error stays as it is', () => {
  const cause = new RangeError('Invalid count value: -1')
  expect(explainOutOfMemory(cause, 'distill', 'Lower the batch.')).toBe(cause)
})
