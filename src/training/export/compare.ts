import { StudioError } from '#contract/api/errors.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { nonFiniteTensors } from '../tensor/non-finite.ts'

/** The difference of two computations of the same outputs. */
export interface Difference {
  /** Largest absolute difference; infinite if a value that was found is NaN or infinite. */
  readonly maxDifference: number
  /** Largest absolute value of the expected output with that difference. */
  readonly largestOutput: number
  /** Name of that output. */
  readonly output: string
}

/**
 * Compares outputs.
 * @throws Error if their names or shapes differ
 * @throws StudioError `checkpoint-invalid` if an expected value is NaN or infinite: two models that compute NaN need not agree in anything
 */
export function compareOutputs(expected: NamedHostTensors, found: NamedHostTensors): Difference {
  const broken = nonFiniteTensors(expected)
  if (broken.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `The model computes NaN or infinite values for the test clip, so the written file cannot be compared with it: ${broken.map(({ name, nan, infinite }) => `${name} (${nan} NaN, ${infinite} infinite)`).join(', ')}.`,
      'Its weights are damaged or its training has diverged. Export another checkpoint.',
    )
  let worst: Difference | undefined
  for (const [output, { shape, data }] of Object.entries(expected)) {
    const other = found[output]
    if (other?.shape.join() !== shape.join())
      throw new Error(
        `The output ${output} has the shape [${other?.shape.join(', ') ?? 'none'}] instead of [${shape.join(', ')}].`,
      )
    let maxDifference = 0
    let largestOutput = 0
    for (let index = 0; index < data.length; index++) {
      const [a, b] = [data[index] ?? 0, other.data[index] ?? 0]
      largestOutput = Math.max(largestOutput, Math.abs(a))
      maxDifference = Math.max(maxDifference, Number.isFinite(b) ? Math.abs(a - b) : Infinity)
    }
    if (worst === undefined || maxDifference > worst.maxDifference) worst = { maxDifference, largestOutput, output }
  }
  if (worst === undefined) throw new Error('There is no output to compare.')
  return worst
}
