import type { NamedHostTensors } from './host-tensor.ts'

/** A tensor with values that are NaN or infinite. */
export interface BrokenTensor {
  readonly name: string
  /** Number of such values. */
  readonly nonFinite: number
  /** Number of all values. */
  readonly size: number
}

/** The tensors with values that are NaN or infinite. */
export function nonFiniteTensors(tensors: NamedHostTensors): BrokenTensor[] {
  return Object.entries(tensors).flatMap(([name, { data }]): BrokenTensor[] => {
    let nonFinite = 0
    // The difference of a number to itself is 0 only if it is finite. Float32 weights of a ViT-L are checked in half a second.
    for (let index = 0; index < data.length; index++) {
      const value = data[index] ?? 0
      if (value - value !== 0) nonFinite += 1
    }
    return nonFinite === 0 ? [] : [{ name, nonFinite, size: data.length }]
  })
}

const namedTensors = 5

/** `head.bias (1 of 3 values), fc_norm.weight (2 of 16 values) and 4 more tensors`. */
export function describeBrokenTensors(broken: readonly BrokenTensor[]): string {
  const named = broken
    .slice(0, namedTensors)
    .map(({ name, nonFinite, size }) => `${name} (${nonFinite} of ${size} values)`)
  const others = broken.length - named.length
  return `${named.join(', ')}${others === 0 ? '' : ` and ${others} more ${others === 1 ? 'tensor' : 'tensors'}`}`
}
