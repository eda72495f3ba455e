import type { InferenceSession as OnnxSession } from 'onnxruntime-node'
import { availableParallelism } from 'node:os'
import type { EngineName } from '#contract/engine.ts'
import { cpuOptions, loadRuntime, type Runtime } from './runtime.ts'

/** Engines that run compiled graphs on ONNX Runtime. */
export type OnnxName = Extract<EngineName, `onnx-${string}`>
export const isOnnxName = (name: EngineName): name is OnnxName => name.startsWith('onnx-')

/** Where ONNX Runtime computes. */
export interface Provider {
  readonly runtime: Runtime
  readonly options: OnnxSession.SessionOptions
  /** See `EngineReport`. */
  readonly device: string
  readonly description: string
}

/** Loads the part of ONNX Runtime that an engine needs; throws with the reason when it does not work on this machine. */
export async function openProvider(name: OnnxName, threads = availableParallelism()): Promise<Provider> {
  if (name !== 'onnx-cpu') throw new Error('The studio cannot open it yet.')
  const runtime = await loadRuntime()
  const version = runtime.env.versions.node ?? ''
  return { runtime, options: cpuOptions(threads), device: 'CPU', description: `ONNX Runtime ${version}, CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}` }
}
