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

// Messages as ONNX Runtime writes them. The call that failed does not say what is wrong: `cudaMalloc` also fails on a lost card.
const cudaMessage = (number: number, text: string, call = 'cudaSetDevice(info_.device_id)') =>
  `/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:129 CUDA failure ${number}: ${text} ; GPU=0 ; hostname=box ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_allocator.cc ; line=74 ; expr=${call}; `

it.each([
  [cudaMessage(2, 'out of memory', 'cudaMalloc(&p, size)'), 'out-of-memory', 'not enough memory on the graphics card'],
  ['CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0', 'out-of-memory', 'not enough memory on the graphics card'],
  [cudaMessage(34, 'CUDA driver is a stub library'), 'engine-unavailable', 'is a stub'],
  [
    cudaMessage(35, 'CUDA driver version is insufficient for CUDA runtime version'),
    'engine-unavailable',
    'CUDA 13 needs driver 580 or newer',
  ],
  [cudaMessage(46, 'all CUDA-capable devices are busy or unavailable'), 'engine-unavailable', 'busy or unavailable'],
  [cudaMessage(100, 'no CUDA-capable device is detected'), 'engine-unavailable', 'finds no graphics card'],
  [cudaMessage(101, 'invalid device ordinal'), 'engine-unavailable', 'no graphics card with the requested number'],
  [
    cudaMessage(209, 'no kernel image is available for execution on the device'),
    'engine-unavailable',
    'was not built for the architecture',
  ],
  ['CUBLAS failure 8: CUBLAS_STATUS_ARCH_MISMATCH', 'engine-unavailable', 'was not built for the architecture'],
  [cudaMessage(214, 'uncorrectable ECC error encountered'), 'engine-unavailable', 'memory error'],
  [
    cudaMessage(700, 'an illegal memory access was encountered', 'cudaMalloc(&p, size)'),
    'engine-unavailable',
    `stopped while it computed 'a program'`,
  ],
  [cudaMessage(719, 'unspecified launch failure'), 'engine-unavailable', `stopped while it computed 'a program'`],
  [cudaMessage(802, 'system not yet initialized'), 'engine-unavailable', 'are not ready'],
  [
    cudaMessage(803, 'system has unsupported display driver / cuda driver combination'),
    'engine-unavailable',
    'versions',
  ],
  [
    cudaMessage(4711, 'something new', 'cudaMalloc(&p, size)'),
    'engine-unavailable',
    'CUDA failure 4711: something new',
  ],
])('an error of CUDA is explained: %s', (message, code, sentence) => {
  const error = explainError('a program', new Error(message)) as StudioError
  expect(error).toMatchObject({ code, message: expect.stringContaining(sentence) })
  expect(error.message).not.toContain('hostname')
  expect(error.hint).not.toBe('')
})

it('an error that is explained already stays as it is', () => {
  const cause = new StudioError('engine-unavailable', 'CUDA failure 2 is quoted here.', 'Wait.')
  expect(explainError('a program', cause)).toBe(cause)
})
