import type { NamedHostTensors } from '../tensor/host-tensor.ts'

/** The difference of two computations of the same outputs. */
export interface Difference {
  /** Largest absolute difference. Equal non-finite values agree; infinite if only one side is finite. */
  readonly maxDifference: number
  /** Largest absolute value of the expected output with that difference. */
  readonly largestOutput: number
  /** Name of that output. */
  readonly output: string
}

/** Compares outputs. @throws Error if their names or shapes differ. */
export function compareOutputs(expected: NamedHostTensors, found: NamedHostTensors): Difference {
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
      if (Number.isFinite(a)) largestOutput = Math.max(largestOutput, Math.abs(a))
      if (Number.isFinite(a) && Number.isFinite(b)) maxDifference = Math.max(maxDifference, Math.abs(a - b))
      else if (!Object.is(a, b)) maxDifference = Infinity
    }
    if (worst === undefined || maxDifference > worst.maxDifference) worst = { maxDifference, largestOutput, output }
  }
  if (worst === undefined) throw new Error('There is no output to compare.')
  return worst
}
