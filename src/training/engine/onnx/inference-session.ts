import type { InferenceSession as OnnxSession } from 'onnxruntime-node'
import type { InferenceProgram, InferenceSession, NamedHostTensors } from '../engine.ts'
import { encodeOnnx } from '../graph/onnx.ts'
import { checkInputs } from '../state.ts'
import { record } from '../symbolic/record.ts'
import { fromOnnx, toOnnx } from './host.ts'
import { inputName, outputTensor, programInputs, programOutputName, specOf } from './program.ts'
import { openSession, type Runtime } from './runtime.ts'

/** Records an inference program with its parameters as part of the graph, so that ONNX Runtime can fold and pack them. */
export async function openInference(
  runtime: Runtime,
  options: OnnxSession.SessionOptions,
  program: InferenceProgram,
  parameters: NamedHostTensors,
): Promise<InferenceSession> {
  const values = record(program.name, (recording) => {
    const constants = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, recording.constant(tensor.data, specOf(tensor))]))
    const outputs = program.run(constants, programInputs(program.inputs, recording))
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output)))
  })
  const model = encodeOnnx(program.name, values)
  const session = await openSession(runtime, program.name, model, options)
  return {
    async run(inputs) {
      checkInputs(program.name, program.inputs, inputs)
      const feeds = Object.entries(inputs).flatMap(([name, tensor]) => (model.inputNames.has(inputName(name)) ? [[inputName(name), toOnnx(runtime, tensor)] as const] : []))
      const results = await session.run(Object.fromEntries(feeds))
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [programOutputName(name) ?? name, fromOnnx(tensor)]))
    },
    dispose: () => session.release(),
  }
}
