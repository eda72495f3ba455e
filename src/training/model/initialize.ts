import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import type { Random } from './initializers.ts'
import { type ParameterSpec, sizeOf } from './parameters.ts'

/**
 * Initial values for every parameter. `randomFor` opens a separate stream for each name, so that order does not matter. Numbers are
 * drawn when a tensor is first read, so reading only shapes or resuming from a checkpoint does not wait for them.
 */
export function initializeParameters(
  specs: readonly ParameterSpec[],
  randomFor: (name: string) => Random,
): NamedHostTensors {
  return Object.fromEntries(specs.map((spec) => [spec.name, freshTensor(spec, randomFor)]))
}

function freshTensor({ name, shape, initialize }: ParameterSpec, randomFor: (name: string) => Random): HostTensor {
  let drawn: Float32Array | undefined
  return {
    shape,
    dtype: 'float32',
    get data() {
      if (drawn === undefined) {
        const random = randomFor(name)
        drawn = Float32Array.from({ length: sizeOf(shape) }, (_, index) => initialize(random, index))
      }
      return drawn
    },
  }
}
