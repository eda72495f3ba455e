import type { Tensor } from 'onnxruntime-node'
import type { InferenceProgram, InferenceSession, NamedHostTensors, NamedTensors } from '../engine.ts'
import { encodeOnnx } from '../graph/onnx.ts'
import { checkInputs } from '../state.ts'
import { record, type Recording } from '../symbolic/record.ts'
import { fromOnnx, toOnnx } from './host.ts'
import { names } from './names.ts'
import { inputName, outputTensor, programInputs, programOutputName, specOf } from './program.ts'
import type { Provider } from './providers.ts'
import { openSession, runSession } from './runtime.ts'
import type { Tensor as SymbolicTensor } from '../tf.ts'

/** An ONNX file holds at most 2 GiB, so larger models keep their parameters outside and hand them in at each run. */
const largestConstantsBytes = 2 ** 30

/** Records an inference program. Parameters are part of the graph, so that ONNX Runtime can fold and pack them, unless they are too large for that. */
export async function openInference({ runtime, recordOptions, sessionOptions }: Provider, program: InferenceProgram, parameters: NamedHostTensors): Promise<InferenceSession> {
  const sizeBytes = Object.values(parameters).reduce((sum, { data }) => sum + data.byteLength, 0)
  const areConstants = sizeBytes <= largestConstantsBytes
  const run = (recording: Recording): Record<string, SymbolicTensor> => {
    const outputs = program.run(recordParameters(recording, parameters, areConstants), programInputs(program.inputs, recording))
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output)))
  }
  const values = record(program.name, run, recordOptions)
  const model = encodeOnnx(program.name, values)
  const session = await openSession(runtime, program.name, model, sessionOptions())

  const wrap = (tensors: NamedHostTensors, nameOf: (name: string) => string): Record<string, Tensor> => {
    const needed = Object.entries(tensors).filter(([name]) => model.inputNames.has(nameOf(name)))
    return Object.fromEntries(needed.map(([name, tensor]) => [nameOf(name), toOnnx(runtime, tensor)]))
  }
  const constants = areConstants ? {} : wrap(parameters, names.parameter)
  return {
    async run(inputs) {
      checkInputs(program.name, program.inputs, inputs)
      const results = await runSession(session, program.name, { ...constants, ...wrap(inputs, inputName) })
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [programOutputName(name) ?? name, fromOnnx(tensor)]))
    },
    dispose: () => session.release(),
  }
}

function recordParameters(recording: Recording, parameters: NamedHostTensors, areConstants: boolean): NamedTensors {
  const entries = Object.entries(parameters)
  return Object.fromEntries(entries.map(([name, tensor]) => [name, areConstants ? recording.constant(tensor.data, specOf(tensor)) : recording.input(names.parameter(name), specOf(tensor))]))
}
