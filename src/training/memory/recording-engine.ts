import type { Engine, InferenceProgram, NamedHostTensors, NamedSpecs, TrainingProgram } from '../engine/engine.ts'
import { sizeOf, type Value } from '../engine/graph/graph.ts'
import { executionOrder } from '../engine/graph/order.ts'
import { programInputs } from '../engine/onnx/program.ts'
import { recordGradients } from '../engine/onnx/training-graph.ts'
import { record } from '../engine/symbolic/record.ts'
import { livePeakBytes } from './liveness.ts'

/** What a program needs, as far as its graph tells. */
export interface ProgramSize {
  /** Of trained parameters, or of an inference program's. */
  readonly parameterBytes: number
  readonly inputBytes: number
  readonly outputBytes: number
  /** Most bytes of intermediate results at once. */
  readonly liveBytes: number
  readonly nodes: number
}

/** An engine that records inference programs and computes nothing, for those who want to know what a stage will take. */
export interface RecordingEngine extends Engine {
  /** Sizes of the inference programs it was given. */
  readonly recorded: readonly ProgramSize[]
}

export function recordingEngine(): RecordingEngine {
  const recorded: ProgramSize[] = []
  return {
    recorded,
    name: 'onnx-cpu',
    description: 'recording',
    inference(program, parameters) {
      recorded.push(inferenceSize(program, parameters))
      return Promise.resolve({ run: refuse, dispose: () => Promise.resolve() })
    },
    training: refuse,
    dispose: () => Promise.resolve(),
  }
}

const refuse = () => Promise.reject(new Error('A program that is only recorded cannot run.'))

/** The size of a training step. Only shapes of trained parameters are read. */
export function trainingSize(program: TrainingProgram, parameters: NamedHostTensors): ProgramSize {
  const { values, trained: names } = recordGradients(program, { parameters })
  const trained = names.flatMap((name) => parameters[name] ?? [])
  return { ...graphSize(values), parameterBytes: sumOf(trained), inputBytes: sumOf(Object.values(program.inputs)) }
}

function inferenceSize(program: InferenceProgram, parameters: NamedHostTensors): ProgramSize {
  const values = record(program.name, (recording) => {
    const weights = Object.entries(parameters).map(([name, { shape, dtype }]) => [name, recording.input(name, { shape, type: dtype })] as const)
    return program.run(Object.fromEntries(weights), programInputs(program.inputs, recording))
  })
  return { ...graphSize(values), parameterBytes: sumOf(Object.values(parameters)), inputBytes: sumOf(Object.values(program.inputs)) }
}

function graphSize(values: Readonly<Record<string, Value>>): Pick<ProgramSize, 'outputBytes' | 'liveBytes' | 'nodes'> {
  const outputs = Object.values(values)
  const order = executionOrder(outputs)
  return { outputBytes: sumOf(outputs), liveBytes: livePeakBytes(order, outputs), nodes: order.length }
}

const sumOf = (tensors: readonly Pick<NamedSpecs[string], 'shape'>[]): number => tensors.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
