import { availableParallelism } from 'node:os'
import type { CompiledEngineName, Precision } from '#contract/domain/engine.ts'
import type { HalfPrecision } from '../../record/half-precision.ts'
import type { RecordOptions } from '../../record/record.ts'
import { loadNative } from './native/runtime.ts'
import { loadCuda } from './providers/cuda.ts'
import { inPrecision } from './providers/half-precision.ts'
import { loadWasm } from './providers/wasm.ts'
import { loadWebGpu } from './providers/webgpu.ts'
import type { Runtime, SessionOptions } from './runtime.ts'

export interface ProviderOptions {
  /** Threads on the processor; as many as the machine runs at once when left out. */
  readonly threads?: number
  /** Which of several graphics cards, counted from 0; CUDA alone can choose. */
  readonly deviceId?: number
  /** float32 when left out. */
  readonly precision?: Precision
  /** Whether half precision may be imitated where it saves nothing, to check it. */
  readonly mayImitate?: boolean
}

/** Where ONNX Runtime computes, and what that asks of those who use it. */
export interface Provider {
  readonly runtime: Runtime
  /** See `EngineReport`. */
  readonly device: string
  readonly description: string
  /**
   * Where outputs lie that the next run takes as inputs: `host`, in memory that ONNX Runtime writes to; `copied`, in host memory
   * to which they are copied; `device`, where they were computed.
   */
  readonly memory: 'host' | 'copied' | 'device'
  /** How programs are recorded for it. */
  readonly recordOptions?: RecordOptions
  /** How it computes in half precision; it has none where this is left out. */
  readonly half?: HalfPrecision
  /** Options of its sessions. */
  readonly sessionOptions: SessionOptions
  dispose(): Promise<void>
}

/**
 * Loads the part of ONNX Runtime that an engine needs, and tries it; throws with the reason when it does not work on this machine.
 * @throws StudioError `configuration-invalid` where it works and cannot compute in that precision.
 */
export async function openProvider(name: CompiledEngineName, options: ProviderOptions = {}): Promise<Provider> {
  return inPrecision(name, await load(name, options), options)
}

function load(
  name: CompiledEngineName,
  { threads = availableParallelism(), deviceId = 0 }: ProviderOptions,
): Promise<Provider> {
  switch (name) {
    case 'onnx-cpu':
      return loadCpu(threads)
    case 'onnx-cuda':
      return loadCuda(threads, deviceId)
    case 'onnx-webgpu':
      return loadWebGpu(threads)
    case 'onnx-wasm':
      return loadWasm()
  }
}

async function loadCpu(threads: number): Promise<Provider> {
  const runtime = await loadNative()
  return {
    runtime,
    device: 'CPU',
    description: `ONNX Runtime ${runtime.version}, CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    memory: 'host',
    half: { isImitated: true },
    sessionOptions: { device: { kind: 'cpu' }, threads },
    dispose: () => Promise.resolve(),
  }
}
