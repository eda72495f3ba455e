import type { Engine } from '../engine.ts'
import { openInference } from './inference-session.ts'
import { cpuOptions, loadRuntime } from './runtime.ts'
import { openTraining } from './training-session.ts'

/** The compiled engine on the CPU: programs are recorded to ONNX graphs, which ONNX Runtime executes. */
export async function openOnnxCpu(threads: number): Promise<Engine> {
  const runtime = await loadRuntime()
  const options = cpuOptions(threads)
  return {
    name: 'onnx-cpu',
    description: `ONNX Runtime ${runtime.env.versions.node ?? ''}, CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    inference: (program, parameters) => openInference(runtime, options, program, parameters),
    training: (program, state) => openTraining(runtime, options, program, state),
    dispose: () => Promise.resolve(),
  }
}
