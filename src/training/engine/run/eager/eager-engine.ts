import type { NamedHostTensors } from '../../../tensor/host-tensor.ts'
import { onBackend } from '../../../tensor/on-backend.ts'
import * as tf from '../../../tensor/tf.ts'
import type { Engine, InferenceProgram, InferenceSession } from '../../program/engine.ts'
import { checkInputs } from '../../program/state.ts'
import { loadBackend, type EagerName } from './backends.ts'
import { openTraining } from './training-session.ts'
import { disposeAll, inputTensors, keepAll, toHosts, toTensors } from './transfer.ts'

/**
 * Opens an engine that runs programs kernel by kernel on one of tfjs's backends.
 * @throws Error with the reason if the backend does not work on this machine
 */
export async function openEager(name: EagerName): Promise<Engine> {
  const backend = await loadBackend(name)
  return {
    name,
    description: backend.description,
    inference: (program, parameters) => Promise.resolve(openInference(backend.name, program, parameters)),
    training: (program, state) => Promise.resolve(openTraining(backend.name, program, state)),
    dispose: () => Promise.resolve(),
  }
}

function openInference(backend: string, program: InferenceProgram, hostParameters: NamedHostTensors): InferenceSession {
  const parameters = onBackend(backend, program.name, () => keepAll(toTensors(hostParameters)))
  return {
    async run(inputs) {
      checkInputs(program.name, program.inputs, inputs)
      const outputs = onBackend(backend, program.name, () => {
        const results = program.run(parameters, inputTensors(program.inputs, inputs))
        return Object.fromEntries(Object.entries(results).map(([name, output]) => [name, tf.keep(output.clone())]))
      })
      const host = await toHosts(outputs)
      disposeAll(outputs)
      return host
    },
    dispose() {
      disposeAll(parameters)
      return Promise.resolve()
    },
  }
}
