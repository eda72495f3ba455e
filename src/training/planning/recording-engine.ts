import type { CompiledEngineName, Precision } from '#contract/domain/engine.ts'
import { shardCount, shardSpecs } from '../engine/collective/shards.ts'
import type { Engine, InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { accumulationStepsOf } from '../engine/program/micro-batches.ts'
import { executionOrder } from '../engine/record/graph/execution-order.ts'
import { countFlops } from '../engine/record/graph/flops.ts'
import { isHalf, sizeOf, type Value } from '../engine/record/graph/graph.ts'
import { needsLossScale } from '../engine/record/half-precision.ts'
import { record, type RecordOptions, type Recording } from '../engine/record/record.ts'
import { programInputs } from '../engine/run/onnx/program-io.ts'
import { cudaHalf, cudaRecording } from '../engine/run/onnx/providers/cuda-recording.ts'
import { recordGradients, recordUpdate, shapesOf } from '../engine/run/onnx/training-graph.ts'
import { packing } from '../engine/run/onnx/update-units.ts'
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
  /** Operations of the matrix products of a whole batch. */
  readonly flops: number
  /** Peak bytes of intermediate results of one worker. */
  readonly liveBytes: number
  /** Peak bytes of intermediate results of the update of a training state on a card. */
  readonly updateBytes?: number
  /** Whether a training step adds gradients of several micro-batches. */
  readonly isAccumulated?: boolean
}

/** How an engine executes programs, as far as their memory depends on it. */
export interface PlannedEngine {
  readonly name: CompiledEngineName
  readonly workers: number
  readonly recordOptions?: RecordOptions
}

/** `onnx-cuda` in a precision. */
export const plannedCuda = (precision: Precision): PlannedEngine => ({
  name: 'onnx-cuda',
  workers: 1,
  recordOptions: { ...cudaRecording, ...(precision === 'float32' ? {} : { half: { ...cudaHalf, type: precision } }) },
})

/** An engine that records inference programs and computes nothing, to estimate the memory of a stage. */
export interface RecordingEngine extends Engine {
  /** Sizes of the recorded inference programs. */
  readonly recorded: readonly ProgramSize[]
}

export function recordingEngine(planned: PlannedEngine): RecordingEngine {
  const recorded: ProgramSize[] = []
  return {
    recorded,
    name: planned.name,
    description: 'recording',
    inference(program, parameters) {
      recorded.push(inferenceSize(program, parameters, planned))
      return Promise.resolve({ run: refuse, dispose: () => Promise.resolve() })
    },
    training: refuse,
    dispose: () => Promise.resolve(),
  }
}

const refuse = () => Promise.reject(new Error('A program that is only recorded cannot run.'))

/** The size of a training step. Reads only the shapes of trained parameters. */
export function trainingSize(
  program: TrainingProgram,
  parameters: NamedHostTensors,
  planned: PlannedEngine,
): ProgramSize {
  const { shard, ...shared } = shardOf(program, planned.workers)
  const { values, trained: names } = recordGradients(shard, { parameters }, planned.recordOptions)
  return {
    ...shared,
    flops: shared.ranks * countFlops(Object.values(values)),
    liveBytes: liveBytesOf(values, planned),
    parameterBytes: sumOf(names.flatMap((name) => parameters[name] ?? [])),
    isAccumulated: accumulationStepsOf(program) > 1,
    ...(planned.name === 'onnx-cuda' ? { updateBytes: updateBytes(program, parameters, names, planned) } : {}),
  }
}

function updateBytes(
  program: TrainingProgram,
  parameters: NamedHostTensors,
  trained: readonly string[],
  planned: PlannedEngine,
): number {
  const shapes = shapesOf({ parameters })
  const isScaled = needsLossScale(planned.recordOptions?.half)
  return liveBytesOf(recordUpdate(program, packing(trained, shapes), shapes, { isScaled }), planned)
}

function inferenceSize(program: InferenceProgram, parameters: NamedHostTensors, planned: PlannedEngine): ProgramSize {
  const { shard, ...shared } = shardOf(program, planned.workers)
  const run = (recording: Recording) => {
    const weights = Object.entries(parameters).map(
      ([name, { shape, dtype }]) => [name, recording.input(name, { shape, type: dtype })] as const,
    )
    return shard.run(Object.fromEntries(weights), programInputs(shard.inputs, recording))
  }
  const values = record(program.name, run, planned.recordOptions)
  return {
    ...shared,
    flops: shared.ranks * countFlops(Object.values(values)),
    liveBytes: liveBytesOf(values, planned),
    parameterBytes: planned.name === 'onnx-cuda' ? constantBytes(values, parameters) : sumOf(Object.values(parameters)),
  }
}

/** Bytes of weights as constants of a graph: 2 per number if they are only used in half precision. */
function constantBytes(values: Readonly<Record<string, Value>>, parameters: NamedHostTensors): number {
  const isWhole = new Set<string>()
  for (const { operator, inputs, outputs } of executionOrder(Object.values(values)))
    for (const input of inputs)
      if (input?.source.kind === 'input' && !(operator === 'Cast' && outputs.every(({ type }) => isHalf(type))))
        isWhole.add(input.source.name)
  return Object.entries(parameters).reduce(
    (sum, [name, { shape }]) => sum + (isWhole.has(name) ? 4 : 2) * sizeOf(shape),
    0,
  )
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

function liveBytesOf(values: Readonly<Record<string, Value>>, { name }: PlannedEngine): number {
  const outputs = Object.values(values)
  return livePeakBytes(executionOrder(outputs), outputs, name === 'onnx-cuda' ? 'sums' : 'matrices')
}

const sumOf = (tensors: readonly Pick<NamedSpecs[string], 'shape'>[]): number =>
  tensors.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
