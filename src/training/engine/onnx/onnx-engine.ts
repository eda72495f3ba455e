import type { Engine } from '../engine.ts'
import { openInference } from './inference-session.ts'
import { openProvider, type OnnxName } from './providers.ts'
import { openTraining } from './training-session.ts'

/** A compiled engine: programs are recorded to ONNX graphs, which ONNX Runtime executes. Throws when it is not present. */
export async function openOnnx(name: OnnxName, threads: number): Promise<Engine> {
  const { runtime, options, description } = await openProvider(name, threads)
  return {
    name,
    description,
    inference: (program, parameters) => openInference(runtime, options, program, parameters),
    training: (program, state) => openTraining(runtime, options, program, state),
    dispose: () => Promise.resolve(),
  }
}
