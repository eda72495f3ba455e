import type { HostTensor, NamedHostTensors, NamedSpecs, NamedTensors } from '../../../tensor/host-tensor.ts'
import type { Tensor } from '../../../tensor/tf.ts'
import type { Spec } from '../../record/graph/graph.ts'
import type { Recording } from '../../record/record.ts'

export const inputName = (name: string): string => `input:${name}`
/** A program's inputs under their names in the graph. */
export const graphInputs = (inputs: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [inputName(name), tensor]))

const outputPrefix = 'output:'

export const specOf = (tensor: HostTensor): Spec => ({ shape: tensor.shape, type: tensor.dtype })

/** Symbolic tensors for a program's inputs. */
export function programInputs(specs: NamedSpecs, recording: Recording): NamedTensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [
      name,
      recording.input(inputName(name), { shape, type: dtype }),
    ]),
  )
}

/** An output with its name in the graph. Booleans become int32. */
export function outputTensor(name: string, output: Tensor): [string, Tensor] {
  return [`${outputPrefix}${name}`, output.dtype === 'bool' ? output.cast('int32') : output]
}

/** The program's name for an output of the graph; undefined for outputs that are not the program's. */
export function programOutputName(name: string): string | undefined {
  return name.startsWith(outputPrefix) ? name.slice(outputPrefix.length) : undefined
}
