import type { Engine, InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { lossAndGradients } from '../engine/program/gradients.ts'
import { countFlops } from '../engine/record/graph/flops.ts'
import { record, type Recording } from '../engine/record/record.ts'
import { programInputs } from '../engine/run/onnx/program-io.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs, NamedTensors, TensorSpec } from '../tensor/host-tensor.ts'

/** What an engine was given to compute. */
export interface ObservedEngine extends Engine {
  /** Time that it took to make its sessions ready. */
  readonly setUpSeconds: number
  /** Floating-point operations in the matrix products of all its programs, each computed once; a training program with its gradients. */
  countFlops(): number
}

/** The same engine, which notes the programs it is given and how long it takes to make them ready. */
export function observe(engine: Engine): ObservedEngine {
  const counts: (() => number)[] = []
  let setUpSeconds = 0
  const timed = async <S>(parameters: NamedHostTensors, open: () => Promise<S>): Promise<S> => {
    // Fresh weights are drawn when they are first read, which is no part of making a session ready.
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
    countFlops: () => counts.reduce((sum, count) => sum + count(), 0),
    inference(program, parameters) {
      counts.push(later(inferenceFlops, program, specsOf(parameters)))
      return timed(parameters, () => engine.inference(program, parameters))
    },
    training(program, state) {
      counts.push(later(trainingFlops, program, specsOf(state.parameters)))
      return timed(state.parameters, () => engine.training(program, state))
    },
    dispose: () => engine.dispose(),
  }
}

/** Made apart from other functions of the same call: as long as one of them lives, it keeps what any of them uses, such as all weights. */
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

/** Of one micro-batch. */
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

/** Symbolic parameters without numbers; what is not known cannot be computed in advance, so nothing of the graph is folded away. */
function parameterInputs(specs: NamedSpecs, recording: Recording): NamedTensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [name, recording.input(name, { shape, type: dtype })]),
  )
}

const specsOf = (tensors: NamedHostTensors): NamedSpecs =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]): [string, TensorSpec] => [name, { shape, dtype }]),
  )
