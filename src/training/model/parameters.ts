import { StudioError } from '#contract/api/errors.ts'
import type { NamedHostTensors, NamedTensors } from '../tensor/host-tensor.ts'
import type { Tensor } from '../tensor/tf.ts'
import { requireFiniteWeights } from './finite-weights.ts'
import { type Initializer, ones, zeros } from './initializers.ts'

/** One tensor of a model under its published name. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly initialize: Initializer
  /** False for position tables, which are not trained but stored in the published files. */
  readonly isTrainable: boolean
  /** Whether weight decay applies: to matrices and tokens, not to biases and norms. */
  readonly isDecayed: boolean
}

/** Looks up a parameter by its published name. */
export type Weights = (name: string) => Tensor

/** The weights under a prefix of a record, e.g. `student.`; a missing one is a defect of the caller. */
export function weightsOf(parameters: NamedTensors, prefix = ''): Weights {
  return (name) => {
    const tensor = parameters[prefix + name]
    if (tensor === undefined) throw new Error(`The parameter ${prefix}${name} is missing.`)
    return tensor
  }
}

/** The weights under another prefix, e.g. `blocks.0.`. */
export const within =
  (weights: Weights, prefix: string): Weights =>
  (name) =>
    weights(prefix + name)

/** The specs with a prefix. */
export const prefixed = (prefix: string, specs: readonly ParameterSpec[]): ParameterSpec[] =>
  specs.map((spec) => ({ ...spec, name: prefix + spec.name }))

/** A matrix or token: trained, with weight decay. */
export const matrix = (name: string, shape: readonly number[], initialize: Initializer): ParameterSpec => ({
  name,
  shape,
  initialize,
  isTrainable: true,
  isDecayed: true,
})

/** A bias or the scale of a norm: trained, without weight decay. */
export const vector = (name: string, size: number, initialize: Initializer): ParameterSpec => ({
  name,
  shape: [size],
  initialize,
  isTrainable: true,
  isDecayed: false,
})

/** A position table [1, tokens, width] that is stored but never trained. */
export function positionTable(name: string, table: Float32Array, width: number): ParameterSpec {
  return {
    name,
    shape: [1, table.length / width, width],
    initialize: (_, index) => table[index] ?? 0,
    isTrainable: false,
    isDecayed: false,
  }
}

/** A linear layer [output, input] with a bias that starts at zero. */
export function linearParameters(
  name: string,
  output: number,
  input: number,
  initialize: Initializer,
): ParameterSpec[] {
  return [matrix(`${name}.weight`, [output, input], initialize), vector(`${name}.bias`, output, zeros)]
}

export const normParameters = (name: string, width: number): ParameterSpec[] => [
  vector(`${name}.weight`, width, ones),
  vector(`${name}.bias`, width, zeros),
]

/** Number of trained values. */
export const parameterCount = (specs: readonly ParameterSpec[]): number =>
  specs.filter((spec) => spec.isTrainable).reduce((sum, spec) => sum + sizeOf(spec.shape), 0)

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/**
 * Selects the tensors of a checkpoint that a model needs and ignores the others, e.g. the decoder of a teacher.
 * @throws StudioError `checkpoint-invalid` if one is missing, has another shape or has values that are not finite; `origin` names the
 * checkpoint.
 */
export function selectParameters(
  specs: readonly ParameterSpec[],
  tensors: NamedHostTensors,
  origin: string,
): NamedHostTensors {
  const selected = Object.fromEntries(
    specs.map(({ name, shape }) => {
      const tensor = tensors[name]
      if (tensor === undefined)
        throw new StudioError(
          'checkpoint-invalid',
          `${origin} has no tensor ${name}, which the model needs.`,
          'Use a complete copy of the model, or another one.',
        )
      if (tensor.shape.join() !== shape.join()) {
        throw new StudioError(
          'checkpoint-invalid',
          `The tensor ${name} of ${origin} has the shape [${tensor.shape.join(', ')}]; the model needs [${shape.join(', ')}].`,
          'Use a checkpoint of a model with the same sizes.',
        )
      }
      return [name, tensor]
    }),
  )
  requireFiniteWeights(origin, selected)
  return selected
}
