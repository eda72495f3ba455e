import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { InferenceProgram, InferenceSession } from '../program/engine.ts'
import { checkInputs } from '../program/state.ts'
import { encodeOnnx } from '../record/graph/encode-onnx.ts'
import { record } from '../record/record.ts'
import { names } from '../run/onnx/graph-names.ts'
import { graphInputs, outputTensor, programInputs, programOutputName, specOf } from '../run/onnx/program-io.ts'
import { settleAll } from './settle-all.ts'
import { Shards, shardSpecs } from './shards.ts'
import { sharedTensor, toShared } from './shared-memory.ts'
import type { WorkerThread } from './worker-thread.ts'

/**
 * Opens a program whose batches are sharded over worker threads. Its parameters are inputs in shared memory instead of constants of each
 * thread's graph, so they are held once. The first axis of every output is the batch.
 */
export async function openShardedInference(
  threads: readonly WorkerThread[],
  program: InferenceProgram,
  parameters: NamedHostTensors,
): Promise<InferenceSession> {
  const specs = shardSpecs(program.inputs, threads.length)
  const values = record(program.name, (recording) => {
    const weights = Object.fromEntries(
      Object.entries(parameters).map(([name, tensor]) => [
        name,
        recording.input(names.parameter(name), specOf(tensor)),
      ]),
    )
    const outputs = program.run(weights, programInputs(specs, recording))
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output)))
  })
  const model = encodeOnnx(program.name, values)
  const onlyInputs = (tensors: NamedHostTensors): NamedHostTensors =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => model.inputNames.has(name)))
  const weights = onlyInputs(
    Object.fromEntries(Object.entries(toShared(parameters)).map(([name, tensor]) => [names.parameter(name), tensor])),
  )
  const shards = new Shards(program.inputs, threads.length)
  const sessions = await settleAll(threads.map((thread) => thread.open(program.name, model, false)))
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
