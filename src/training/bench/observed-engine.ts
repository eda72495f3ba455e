import type { Engine, InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { lossAndGradients } from '../engine/program/gradients.ts'
import { countFlops } from '../engine/record/graph/flops.ts'
import { record, type Recording } from '../engine/record/record.ts'
import { programInputs } from '../engine/run/onnx/program-io.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs, NamedTensors, TensorSpec } from '../tensor/host-tensor.ts'

/** The programs that an engine received. */
export interface ObservedEngine extends Engine {
  /** Time to prepare its sessions. */
  readonly setUpSeconds: number
  /**
   * Floating-point operations in the matrix products of its programs, each computed once; a training program with its gradients. Without
   * frozen models if a step reads their results.
   */
  countFlops(without?: 'frozen'): number
}

/** Wraps an engine and records its programs and the time to prepare them. */
export function observe(engine: Engine): ObservedEngine {
  const counts: { readonly isFrozen: boolean; readonly count: () => number }[] = []
  let setUpSeconds = 0
  const timed = async <S>(parameters: NamedHostTensors, open: () => Promise<S>): Promise<S> => {
    // Initial weights are drawn when they are first read, which does not count as preparing a session.
    for (const { data } of Object.values(parameters)) requireNumbers(data)
    const from = performance.now()
    const session = await open()
    setUpSeconds += (performance.now() - from) / 1000
    return session
  }
  return {
    name: engine.name,
    description: engine.description,
    get setUpSeconds() {
      return setUpSeconds
    },
    countFlops: (without) =>
      counts.filter(({ isFrozen }) => without === undefined || !isFrozen).reduce((sum, { count }) => sum + count(), 0),
    inference(program, parameters) {
      counts.push({ isFrozen: true, count: later(inferenceFlops, program, specsOf(parameters)) })
      return timed(parameters, () => engine.inference(program, parameters))
    },
    training(program, state) {
      counts.push({ isFrozen: false, count: later(trainingFlops, program, specsOf(state.parameters)) })
      return timed(state.parameters, () => engine.training(program, state))
    },
    dispose: () => engine.dispose(),
  }
}

/** Created outside of the caller: closures of one call share a scope, so each would keep everything that any of them uses, such as all weights. */
const later =
  <P>(count: (program: P, parameters: NamedSpecs) => number, program: P, parameters: NamedSpecs) =>
  (): number =>
    count(program, parameters)

function requireNumbers({ length }: HostTensor['data']): void {
  if (length === 0) throw new Error('A parameter is empty.')
}

function inferenceFlops(program: InferenceProgram, parameters: NamedSpecs): number {
  return countFlops(
    Object.values(
      record(program.name, (recording) =>
        program.run(parameterInputs(parameters, recording), programInputs(program.inputs, recording)),
      ),
    ),
  )
}

/** Floating-point operations of one micro-batch. */
function trainingFlops(program: TrainingProgram, parameters: NamedSpecs): number {
  const values = record(program.name, (recording) => {
    const { loss, gradients } = lossAndGradients(
      program,
      parameterInputs(parameters, recording),
      programInputs(program.inputs, recording),
    )
    return { ...gradients, loss }
  })
  return countFlops(Object.values(values))
}

/** Symbolic parameters without values, so that the recorder cannot fold constants. */
function parameterInputs(specs: NamedSpecs, recording: Recording): NamedTensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [name, recording.input(name, { shape, type: dtype })]),
  )
}

const specsOf = (tensors: NamedHostTensors): NamedSpecs =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]): [string, TensorSpec] => [name, { shape, dtype }]),
  )
