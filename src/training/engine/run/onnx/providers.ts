import { availableParallelism } from 'node:os'
import type { Card } from '#contract/domain/card.ts'
import type { CompiledEngineName, Precision } from '#contract/domain/engine.ts'
import type { HalfDevice } from '../../record/half-precision.ts'
import type { RecordOptions } from '../../record/record.ts'
import { loadNative } from './native/runtime.ts'
import { loadCuda } from './providers/cuda.ts'
import { inPrecision } from './providers/half-precision.ts'
import { loadWasm } from './providers/wasm.ts'
import { loadWebGpu } from './providers/webgpu.ts'
import type { Runtime, SessionOptions } from './runtime.ts'

export interface ProviderOptions {
  /** Threads on the processor; by default as many as the machine runs at once. */
  readonly threads?: number
  /** Which of several graphics cards, counted from 0. CUDA only. */
  readonly deviceId?: number
  /** float32 by default. */
  readonly precision?: Precision
  /** Whether a provider without operators in half precision may imitate them, for tests. */
  readonly mayImitate?: boolean
  /** Whether float32 products are computed in TF32. CUDA only; false by default. */
  readonly tf32?: boolean
}

/** ONNX Runtime on one device, with what callers must know about it. */
export interface Provider {
  readonly runtime: Runtime
  /** See `EngineReport`. */
  readonly device: string
  readonly description: string
  /** The NVIDIA card, if `nvidia-smi` describes it. */
  readonly card?: Card
  /**
   * Location of the training state. `host`: in host memory, which ONNX Runtime reads and writes in place; `copied`: in host memory, to which
   * outputs are copied; `device`: in the memory of the device.
   */
  readonly memory: 'host' | 'copied' | 'device'
  /** How programs are recorded for it. */
  readonly recordOptions?: RecordOptions
  /** How it computes in half precision; undefined if it cannot. The traits of an engine name the types. */
  readonly half?: HalfDevice
  /** Options of its sessions. */
  readonly sessionOptions: SessionOptions
  dispose(): Promise<void>
}

/**
 * Loads ONNX Runtime for an engine and tries it.
 * @throws Error with the reason if it does not work on this machine; StudioError `configuration-invalid` if it does not support the precision
 */
export async function openProvider(name: CompiledEngineName, options: ProviderOptions = {}): Promise<Provider> {
  return inPrecision(name, await load(name, options), options)
}

function load(
  name: CompiledEngineName,
  { threads = availableParallelism(), deviceId = 0, tf32 = false }: ProviderOptions,
): Promise<Provider> {
  switch (name) {
    case 'onnx-cpu':
      return loadCpu(threads)
    case 'onnx-cuda':
      return loadCuda(threads, deviceId, tf32)
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
