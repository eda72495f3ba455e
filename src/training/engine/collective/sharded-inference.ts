import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { InferenceProgram, InferenceSession } from '../program/engine.ts'
import { checkInputs } from '../program/state.ts'
import { encodeOnnx } from '../record/graph/encode-onnx.ts'
import { record } from '../record/record.ts'
import { names } from '../run/onnx/graph-names.ts'
import { settleAll } from '../run/onnx/host-update.ts'
import { inputName, outputTensor, programInputs, programOutputName, specOf } from '../run/onnx/program-io.ts'
import { Shards, shardSpecs, sharedTensor, toShared } from './shards.ts'
import type { Member } from './worker-thread.ts'

/**
 * A program whose batch is shared out among members. Its parameters are inputs in memory that all see, instead of constants
 * of each member's graph, so they are held once. Outputs have the batch as their first axis.
 */
export async function openInference(
  members: readonly Member[],
  program: InferenceProgram,
  parameters: NamedHostTensors,
): Promise<InferenceSession> {
  const specs = shardSpecs(program.inputs, members.length)
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
  const shared = Object.entries(toShared(parameters)).map(([name, tensor]): [string, HostTensor] => [
    names.parameter(name),
    tensor,
  ])
  const weights = Object.fromEntries(shared.filter(([name]) => model.inputNames.has(name)))
  const shards = new Shards(program.inputs, members.length)
  const sessions = await settleAll(members.map((member) => member.open(program.name, model, false)))
  return {
    async run(inputs) {
      checkInputs(program.name, program.inputs, inputs)
      const outputs: Record<string, HostTensor> = {}
      const places = members.map((): Record<string, HostTensor> => ({}))
      for (const [name, { shape: part, type }] of Object.entries(values)) {
        const shape = [(part[0] ?? 1) * members.length, ...part.slice(1)]
        const whole = sharedTensor({ shape, dtype: type === 'int32' ? 'int32' : 'float32' })
        const length = whole.data.length / members.length
        places.forEach((place, index) => {
          place[name] = { ...whole, shape: part, data: whole.data.subarray(index * length, (index + 1) * length) }
        })
        outputs[programOutputName(name) ?? name] = whole
      }
      const parts = shards.cut(inputs)
      await settleAll(
        sessions.map((session, index) =>
          session.run({ ...weights, ...fed(parts[index] ?? {}, model.inputNames) }, places[index] ?? {}),
        ),
      )
      return outputs
    },
    async dispose() {
      await settleAll(sessions.map((session) => session.release()))
    },
  }
}

/** A program's inputs under their names in the graph, of those that the graph has. */
export function fed(inputs: NamedHostTensors, inputNames: ReadonlySet<string>): NamedHostTensors {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, tensor]) =>
      inputNames.has(inputName(name)) ? [[inputName(name), tensor]] : [],
    ),
  )
}
