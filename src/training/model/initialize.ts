import type { HostTensor, NamedHostTensors } from '../engine/engine.ts'
import type { Random } from './initializers.ts'
import { type ParameterSpec, sizeOf } from './parameters.ts'

/** Fresh values for every parameter. `randomFor` opens a stream of its own for each name, so that order does not matter. */
export function initializeParameters(specs: readonly ParameterSpec[], randomFor: (name: string) => Random): NamedHostTensors {
  return Object.fromEntries(
    specs.map(({ name, shape, initialize }): [string, HostTensor] => {
      const random = randomFor(name)
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, index) => initialize(random, index))
      return [name, { shape, dtype: 'float32', data }]
    }),
  )
}
