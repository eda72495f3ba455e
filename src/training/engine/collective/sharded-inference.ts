import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { Tensor as SymbolicTensor } from '../../tensor/tf.ts'
import type { InferenceProgram, InferenceSession } from '../program/engine.ts'
import { checkInputs } from '../program/state.ts'
import { encodeOnnx } from '../record/graph/encode-onnx.ts'
import { record, type Recording } from '../record/record.ts'
import { names } from '../run/onnx/graph-names.ts'
import { areHeldAsConstants, recordParameters } from '../run/onnx/inference-session.ts'
import { graphInputs, outputTensor, programInputs, programOutputName } from '../run/onnx/program-io.ts'
import type { Provider } from '../run/onnx/providers.ts'
import { settleAll } from './settle-all.ts'
import { Shards, shardSpecs } from './shards.ts'
import { sharedBytes, sharedTensor, toShared } from './shared-memory.ts'
import type { WorkerThread } from './worker-thread.ts'

/**
 * Opens a program whose batches are sharded over worker threads. On the processor its parameters are inputs in shared memory, so they are held
 * once; on cards they are constants of each card's graph, as with one card. The first axis of every output is the batch.
 */
export async function openShardedInference(
  threads: readonly WorkerThread[],
  provider: Provider,
  program: InferenceProgram,
  parameters: NamedHostTensors,
): Promise<InferenceSession> {
  const specs = shardSpecs(program.inputs, threads.length)
  const areConstants = areHeldAsConstants(provider, parameters)
  const run = (recording: Recording): Record<string, SymbolicTensor> => {
    const weights = recordParameters(recording, parameters, areConstants)
    const outputs = program.run(weights, programInputs(specs, recording))
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output)))
  }
  const values = record(program.name, run, provider.recordOptions)
  const model = encodeOnnx(program.name, values)
  const onlyInputs = (tensors: NamedHostTensors): NamedHostTensors =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => model.inputNames.has(name)))
  const weights = toShared(
    onlyInputs(Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [names.parameter(name), tensor]))),
  )
  const shards = new Shards(program.inputs, threads.length)
  const shared = { bytes: sharedBytes(model.bytes) }
  const sessions = await settleAll(threads.map((thread) => thread.open(program.name, shared, false)))
  return {
    async run(inputs) {
      checkInputs(program.name, program.inputs, inputs)
      const whole: Record<string, HostTensor> = {}
      const outputs = threads.map((): Record<string, HostTensor> => ({}))
      for (const [name, { shape, type }] of Object.entries(values)) {
        const dtype = type === 'int32' ? 'int32' : 'float32'
        const tensor = sharedTensor({ shape: [(shape[0] ?? 1) * threads.length, ...shape.slice(1)], dtype })
        const length = tensor.data.length / threads.length
        outputs.forEach((output, rank) => {
          output[name] = { shape, dtype, data: tensor.data.subarray(rank * length, (rank + 1) * length) }
        })
        whole[programOutputName(name) ?? name] = tensor
      }
      const split = shards.split(inputs)
      await settleAll(
        sessions.map((session, rank) =>
          session.run({ ...weights, ...onlyInputs(graphInputs(split[rank] ?? {})) }, outputs[rank] ?? {}),
        ),
      )
      return whole
    },
    async dispose() {
      await settleAll(sessions.map((session) => session.release()))
    },
  }
}
