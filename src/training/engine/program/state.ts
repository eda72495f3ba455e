import { StudioError } from '#contract/api/errors.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs } from '../../tensor/host-tensor.ts'
import type { TrainingProgram, TrainingState } from './engine.ts'

/** The state before the first step: moments of zero for every parameter that the program trains. */
export function initialState(parameters: NamedHostTensors, groups: TrainingProgram['groups']): TrainingState {
  const trained = Object.entries(parameters).filter(([name]) => groups[name] !== undefined)
  // Nothing writes to them, so all can lie in the same memory.
  const zeros = new Float32Array(Math.max(0, ...trained.map(([, { data }]) => data.length)))
  const moments = Object.fromEntries(
    trained.map(([name, { shape, data }]): [string, HostTensor] => [
      name,
      { shape, dtype: 'float32', data: zeros.subarray(0, data.length) },
    ]),
  )
  return { parameters, firstMoments: moments, secondMoments: moments }
}

/** Throws when a state lacks something that the program trains, or holds it in another shape. */
export function checkState(program: TrainingProgram, state: TrainingState): void {
  for (const name of Object.keys(program.groups)) {
    const parameter = state.parameters[name]
    if (parameter === undefined) throw mismatch(program.name, `there is no parameter '${name}'`)
    for (const moments of [state.firstMoments, state.secondMoments]) {
      if (moments[name]?.data.length !== parameter.data.length)
        throw mismatch(program.name, `the moments of '${name}' are missing or have another shape`)
    }
  }
}

/** Throws when inputs differ from what a program declares. */
export function checkInputs(program: string, specs: NamedSpecs, inputs: NamedHostTensors): void {
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    const given = inputs[name]
    if (given === undefined) throw mismatch(program, `input '${name}' is missing`)
    if (given.dtype !== dtype || given.shape.join() !== shape.join()) {
      throw mismatch(
        program,
        `input '${name}' is ${given.dtype} [${given.shape}] where ${dtype} [${shape}] is declared`,
      )
    }
    const size = shape.reduce((product, dimension) => product * dimension, 1)
    if (given.data.length !== size)
      throw mismatch(program, `input '${name}' holds ${given.data.length} numbers where its shape has ${size}`)
  }
}

function mismatch(program: string, what: string): StudioError {
  return new StudioError(
    'internal',
    `'${program}' cannot run: ${what}.`,
    'This is a defect of the studio. Please report it with the log.',
  )
}
