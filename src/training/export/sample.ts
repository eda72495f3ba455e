import { draws } from '../data/random.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs } from '../tensor/host-tensor.ts'

/**
 * The clip on which an exported file and the studio are compared: the same standard normal pixels for each shape. Even tokens are
 * `visible`, odd ones `masked`.
 */
export function sampleInputs(specs: NamedSpecs): NamedHostTensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]): [string, HostTensor] => {
      const size = shape.reduce((product, length) => product * length, 1)
      if (dtype === 'int32')
        return [
          name,
          {
            shape,
            dtype,
            data: Int32Array.from({ length: size }, (_, index) => 2 * index + (name === 'masked' ? 1 : 0)),
          },
        ]
      const { normal } = draws(0, 'export', ...shape)
      return [name, { shape, dtype, data: Float32Array.from({ length: size }, () => normal()) }]
    }),
  )
}
