import { describe, expect, it } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import type { InferenceProgram } from '#training/engine/program/engine.ts'
import { explainError } from '#training/engine/run/onnx/explain-error.ts'
import * as tf from '#training/tensor/tf.ts'
import { compiled, useEngines } from './engines-under-test.ts'
import { noise } from './helpers.ts'

const engineOf = useEngines()

/** The outer product of a vector, which needs more memory than any of these engines has. */
const tooLarge: InferenceProgram = {
  name: 'a huge program',
  inputs: { x: { shape: [40_000], dtype: 'float32' } },
  run: (_, { x }) => ({ y: tf.exp(x!.reshape([-1, 1]).add(x!.reshape([1, -1]))).sum() }),
}

describe('running out of memory', () => {
  // The operating system overcommits memory for onnx-cpu, so this is tested on the other engines only.
  it.each(compiled.filter((name) => name !== 'onnx-cpu'))(
    'is told as such on %s, and the engine works on',
    async (name) => {
      const engine = await engineOf(name)
      const session = await engine.inference(tooLarge, {})
      const failure = await session.run({ x: noise(1, 40_000) }).catch((cause: unknown) => cause)
      expect(failure instanceof StudioError && `${failure.code}: ${failure.message} ${failure.hint}`).toBe(
        `out-of-memory: There is not enough memory for 'a huge program'. Lower the batch size, the number of frames or the size of the model.`,
      )
      await session.dispose()

      const small = await engine.inference(
        {
          name: 'a small program',
          inputs: { x: { shape: [2], dtype: 'float32' } },
          run: (_, { x }) => ({ y: x!.mul(2) }),
        },
        {},
      )
      expect((await small.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } })).y!.data).toEqual(
        Float32Array.of(2, 4),
      )
      await small.dispose()
    },
  )
})

it.each([
  ['Failed to allocate memory for requested buffer of size 1', 'out-of-memory'],
  ['CUDA failure 2: out of memory', 'out-of-memory'],
  ['[Invalid Buffer (unlabeled)] is invalid due to a previous error.', 'out-of-memory'],
  ['[Device] is lost.', 'engine-unavailable'],
])('ONNX Runtime throws %j: %s', (message, code) => {
  expect(explainError('a program', new Error(message))).toMatchObject({ code })
})

it('other errors are unchanged', () => {
  const cause = new Error('Got: 3 Expected: 4')
  expect(explainError('a program', cause)).toBe(cause)
})
