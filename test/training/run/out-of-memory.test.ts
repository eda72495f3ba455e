import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { explainOutOfMemory, memoryHint } from '#training/run/out-of-memory.ts'
import { cardOf, standInCards } from '../../support/nvidia-smi.ts'

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

const gib = 2 ** 30

test('on a card, the hint says who holds its memory', async () => {
  standInCards([
    cardOf(0, {
      usedMemoryBytes: 139 * gib,
      memoryBytes: 140 * gib,
      processes: [
        { pid: 4711, memoryBytes: 100 * gib },
        { pid: process.pid, memoryBytes: 39 * gib },
      ],
    }),
  ])
  const cause = new StudioError('out-of-memory', 'There is not enough memory on the graphics card.', 'Lower something.')
  expect(await memoryHint(cause, 'onnx-cuda', 'Lower the batch.')).toBe(
    'Card 0 (NVIDIA H200): 139 GiB of 140 GiB are in use, by process 4711 (100 GiB) and this run (39.0 GiB). Lower the batch.',
  )
  expect(await memoryHint(cause, 'onnx-cpu', 'Lower the batch.')).toBe('Lower the batch.')
  expect(await memoryHint(new Error('no number'), 'onnx-cuda', 'Lower the batch.')).toBe('Lower the batch.')
})
