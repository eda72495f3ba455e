import type { HostTensor, NamedSpecs, NamedTensors } from '../../../tensor/host-tensor.ts'
import type { Tensor } from '../../../tensor/tf.ts'
import type { Spec } from '../../record/graph/graph.ts'
import type { Recording } from '../../record/record.ts'

export const inputName = (name: string): string => `input:${name}`
const outputPrefix = 'output:'

export const specOf = (tensor: HostTensor): Spec => ({ shape: tensor.shape, type: tensor.dtype })

/** Symbolic tensors for the inputs that a program declares. */
export function programInputs(specs: NamedSpecs, recording: Recording): NamedTensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [
      name,
      recording.input(inputName(name), { shape, type: dtype }),
    ]),
  )
}

/** An output under its name in the graph. Truth values leave as int32. */
export function outputTensor(name: string, output: Tensor): [string, Tensor] {
  return [`${outputPrefix}${name}`, output.dtype === 'bool' ? output.cast('int32') : output]
}

/** The program's own name of a graph output; nothing for outputs that are not the program's. */
export function programOutputName(name: string): string | undefined {
  return name.startsWith(outputPrefix) ? name.slice(outputPrefix.length) : undefined
}
