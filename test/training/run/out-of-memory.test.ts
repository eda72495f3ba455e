import { expect, test } from 'vitest'
import { StudioError } from '#contract/errors.ts'
import { withWaysToSaveMemory } from '#training/run/out-of-memory.ts'

const clip = { frames: 16, frameStride: 4, imageSize: 112, patchSize: 16, tubeletSize: 2 }
const settings = { stage: 'distill' as const, clip, configuration: { batchSize: 16, accumulationSteps: 1, recomputeBlocks: false, width: 192 } }

test.each([
  ['a typed array', new RangeError('Array buffer allocation failed')],
  ['a typed array beyond all sizes', new RangeError('Invalid typed array length: 99999999999')],
  ['ONNX Runtime', new Error('Non-zero status code returned while running MatMul node. std::bad_alloc')],
  ['its arena', new Error('/onnxruntime/core/framework/bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 5308416')],
  ['the engine', new StudioError('out-of-memory', 'There is not enough memory for distill.', 'Lower something.')],
])('where %s cannot have its memory, the settings to change are named', (_, cause) => {
  const error = withWaysToSaveMemory(cause, settings) as StudioError
  expect([error.code, error.message]).toEqual(['out-of-memory', 'There is not enough memory for the stage distill.'])
  expect(error.hint).toBe(
    'To take less, launch anew: set distill.recomputeBlocks (false) to true; or lower distill.batchSize (16), and raise distill.accumulationSteps (1) as much, which leaves the steps as they are; or lower clip.imageSize (112), clip.frames (16) or distill.width (192). Checkpoints that were written are whole.',
  )
  expect(error.cause).toBe(cause)
})

test('another error stays as it is', () => {
  const cause = new RangeError('Invalid count value: -1')
  expect(withWaysToSaveMemory(cause, settings)).toBe(cause)
})
