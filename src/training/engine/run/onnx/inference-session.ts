import type { NamedHostTensors, NamedTensors } from '../../../tensor/host-tensor.ts'
import type { Tensor as SymbolicTensor } from '../../../tensor/tf.ts'
import type { InferenceProgram, InferenceSession } from '../../program/engine.ts'
import { checkInputs } from '../../program/state.ts'
import { encodeOnnx } from '../../record/graph/encode-onnx.ts'
import { record, type Recording } from '../../record/record.ts'
import { names } from './graph-names.ts'
import { inputName, outputTensor, programInputs, programOutputName, specOf } from './program-io.ts'
import type { Provider } from './providers.ts'
import { onHost, openSession, runSession, type Session } from './runtime.ts'

/** An ONNX file holds at most 2 GiB, so parameters of larger models are always inputs. */
const largestConstantsBytes = 2 ** 30

/**
 * Records and opens an inference program. On the processor its parameters are inputs, which ONNX Runtime reads in place; as constants of
 * the graph they would be held twice. On other devices they are constants, which stay on the device, in half precision with half the bytes.
 */
export async function openInference(
  provider: Provider,
  program: InferenceProgram,
  parameters: NamedHostTensors,
): Promise<InferenceSession> {
  const areConstants = areHeldAsConstants(provider, parameters)
  const { session, inputNames } = await compile(provider, program, parameters, areConstants)
  const wrap = wrapper(inputNames)
  return sessionOf(program, session, areConstants ? {} : wrap(parameters, names.parameter), wrap)
}

/** Whether parameters are constants of a graph instead of inputs. */
export function areHeldAsConstants(
  { memory, device }: Pick<Provider, 'memory' | 'device'>,
  parameters: NamedHostTensors,
): boolean {
  const sizeBytes = Object.values(parameters).reduce((sum, { data }) => sum + data.byteLength, 0)
  const areReadInPlace = memory === 'host' && device.startsWith('CPU')
  return !areReadInPlace && sizeBytes <= largestConstantsBytes
}

/** Separate, so that the closures of an open session do not keep the graph's bytes and the parameters alive. */
function sessionOf(
  { name, inputs: specs }: InferenceProgram,
  session: Session,
  constants: NamedHostTensors,
  wrap: Wrap,
): InferenceSession {
  return {
    async run(inputs) {
      checkInputs(name, specs, inputs)
      const results = await runSession(session, name, { ...constants, ...wrap(inputs, inputName) })
      return Object.fromEntries(
        Object.keys(results).map((output) => [programOutputName(output) ?? output, onHost(results, output)]),
      )
    },
    dispose: () => session.release(),
  }
}

async function compile(
  { runtime, recordOptions, sessionOptions }: Provider,
  program: InferenceProgram,
  parameters: NamedHostTensors,
  areConstants: boolean,
) {
  const run = (recording: Recording): Record<string, SymbolicTensor> => {
    const outputs = program.run(
      recordParameters(recording, parameters, areConstants),
      programInputs(program.inputs, recording),
    )
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output)))
  }
  const { bytes, inputNames } = encodeOnnx(program.name, record(program.name, run, recordOptions))
  return { session: await openSession(runtime, program.name, { bytes }, sessionOptions), inputNames }
}

/** Tensors that a graph needs, under their names in the graph. */
type Wrap = (tensors: NamedHostTensors, nameOf: (name: string) => string) => NamedHostTensors

const wrapper =
  (inputNames: ReadonlySet<string>): Wrap =>
  (tensors, nameOf) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) =>
        inputNames.has(nameOf(name)) ? [[nameOf(name), tensor]] : [],
      ),
    )

export function recordParameters(
  recording: Recording,
  parameters: NamedHostTensors,
  areConstants: boolean,
): NamedTensors {
  const entries = Object.entries(parameters)
  return Object.fromEntries(
    entries.map(([name, tensor]) => [
      name,
      areConstants
        ? recording.constant(tensor.data, specOf(tensor))
        : recording.input(names.parameter(name), specOf(tensor)),
    ]),
  )
}
