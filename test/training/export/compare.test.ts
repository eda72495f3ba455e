import { expect, test } from 'vitest'
import { compareOutputs } from '#training/export/compare.ts'

const outputs = (...data: number[]) => ({
  logits: { shape: [data.length], dtype: 'float32' as const, data: Float32Array.from(data) },
})

test('finite outputs are compared by their largest difference', () => {
  expect(compareOutputs(outputs(1, -4), outputs(1.5, -4))).toEqual({
    maxDifference: 0.5,
    largestOutput: 4,
    output: 'logits',
  })
})

test('a file whose outputs are not finite differs without bound', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(compareOutputs(outputs(1, 2), outputs(1, value)).maxDifference).toBe(Number.POSITIVE_INFINITY)
})

test('a model whose outputs are not finite proves nothing, although NaN is found on both sides', () => {
  expect(() => compareOutputs(outputs(1, Number.NaN), outputs(1, Number.NaN))).toThrow(
    'The model computes NaN or infinite values for the test clip, so the written file cannot be compared with it: logits (1 NaN, 0 infinite).',
  )
})
