import { StudioError } from '#contract/api/errors.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs } from '../../tensor/host-tensor.ts'
import type { TrainingProgram, TrainingState } from './engine.ts'

/** The state before the first step: all moments are zero. */
export function initialState(parameters: NamedHostTensors, groups: TrainingProgram['groups']): TrainingState {
  const trained = Object.entries(parameters).filter(([name]) => groups[name] !== undefined)
  // Engines copy the moments, so all tensors can share the same zeros.
  const zeros = new Float32Array(Math.max(0, ...trained.map(([, { data }]) => data.length)))
  const moments = Object.fromEntries(
    trained.map(([name, { shape, data }]): [string, HostTensor] => [
      name,
      { shape, dtype: 'float32', data: zeros.subarray(0, data.length) },
    ]),
  )
  return { parameters, firstMoments: moments, secondMoments: moments }
}

/** @throws StudioError `internal` if a state lacks a trained parameter or its moments, or their shapes differ */
export function checkState(program: TrainingProgram, state: TrainingState): void {
  for (const name of Object.keys(program.groups)) {
    const parameter = state.parameters[name]
    if (parameter === undefined) throw mismatch(program.name, `there is no parameter '${name}'`)
    for (const moments of [state.firstMoments, state.secondMoments]) {
      if (moments[name]?.data.length !== parameter.data.length)
        throw mismatch(program.name, `the moments of '${name}' are missing or have the wrong shape`)
    }
  }
}

/** @throws StudioError `internal` if inputs differ from the program's specs */
export function checkInputs(program: string, specs: NamedSpecs, inputs: NamedHostTensors): void {
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    const given = inputs[name]
    if (given === undefined) throw mismatch(program, `input '${name}' is missing`)
    if (given.dtype !== dtype || given.shape.join() !== shape.join()) {
      throw mismatch(program, `input '${name}' is ${given.dtype} [${given.shape}] instead of ${dtype} [${shape}]`)
    }
    const size = shape.reduce((product, dimension) => product * dimension, 1)
    if (given.data.length !== size)
      throw mismatch(program, `input '${name}' has ${given.data.length} numbers, but its shape has ${size}`)
  }
}

function mismatch(program: string, what: string): StudioError {
  return new StudioError(
    'internal',
    `'${program}' cannot run: ${what}.`,
    'This is a defect of the studio. Please report it with the log.',
  )
}
