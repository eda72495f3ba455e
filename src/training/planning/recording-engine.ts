import { shardCount, shardSpecs } from '../engine/collective/shards.ts'
import type { Engine, InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { executionOrder } from '../engine/record/graph/execution-order.ts'
import { sizeOf, type Value } from '../engine/record/graph/graph.ts'
import { record } from '../engine/record/record.ts'
import { programInputs } from '../engine/run/onnx/program-io.ts'
import { recordGradients } from '../engine/run/onnx/training-graph.ts'
import type { NamedHostTensors, NamedSpecs } from '../tensor/host-tensor.ts'
import { livePeakBytes } from './liveness.ts'

/** Memory of a program, from its graph. */
export interface ProgramSize {
  /** Workers that each compute a shard of the batch; 1 if the batch is not sharded. */
  readonly ranks: number
  /** Of trained parameters, or of an inference program's. */
  readonly parameterBytes: number
  /** Of a whole batch. */
  readonly inputBytes: number
  /** Peak bytes of intermediate results of one worker. */
  readonly liveBytes: number
}

/** An engine that records inference programs and computes nothing, to estimate the memory of a stage. */
export interface RecordingEngine extends Engine {
  /** Sizes of the recorded inference programs. */
  readonly recorded: readonly ProgramSize[]
}

export function recordingEngine(workers: number): RecordingEngine {
  const recorded: ProgramSize[] = []
  return {
    recorded,
    name: 'onnx-cpu',
    description: 'recording',
    inference(program, parameters) {
      recorded.push(inferenceSize(program, parameters, workers))
      return Promise.resolve({ run: refuse, dispose: () => Promise.resolve() })
    },
    training: refuse,
    dispose: () => Promise.resolve(),
  }
}

const refuse = () => Promise.reject(new Error('A program that is only recorded cannot run.'))

/** The size of a training step. Reads only the shapes of trained parameters. */
export function trainingSize(program: TrainingProgram, parameters: NamedHostTensors, workers: number): ProgramSize {
  const { shard, ...shared } = shardOf(program, workers)
  const { values, trained: names } = recordGradients(shard, { parameters })
  return {
    ...shared,
    liveBytes: liveBytesOf(values),
    parameterBytes: sumOf(names.flatMap((name) => parameters[name] ?? [])),
  }
}

function inferenceSize(program: InferenceProgram, parameters: NamedHostTensors, workers: number): ProgramSize {
  const { shard, ...shared } = shardOf(program, workers)
  const values = record(program.name, (recording) => {
    const weights = Object.entries(parameters).map(
      ([name, { shape, dtype }]) => [name, recording.input(name, { shape, type: dtype })] as const,
    )
    return shard.run(Object.fromEntries(weights), programInputs(shard.inputs, recording))
  })
  return { ...shared, liveBytes: liveBytesOf(values), parameterBytes: sumOf(Object.values(parameters)) }
}

/** A program for one worker's shard of the batch. */
function shardOf<P extends { readonly inputs: NamedSpecs }>(
  program: P,
  workers: number,
): { shard: P } & Pick<ProgramSize, 'ranks' | 'inputBytes'> {
  const ranks = shardCount(program.inputs, workers)
  return {
    shard: { ...program, inputs: shardSpecs(program.inputs, ranks) },
    ranks,
    inputBytes: sumOf(Object.values(program.inputs)),
  }
}

function liveBytesOf(values: Readonly<Record<string, Value>>): number {
  const outputs = Object.values(values)
  return livePeakBytes(executionOrder(outputs), outputs)
}

const sumOf = (tensors: readonly Pick<NamedSpecs[string], 'shape'>[]): number =>
  tensors.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
