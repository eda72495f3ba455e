import type { Provider } from '../providers.ts'
import { cpuOptions } from '../runtime.ts'
import { openTrial } from './trial.ts'

const sessionOptions: Provider['sessionOptions'] = () => ({ ...cpuOptions(1), executionProviders: ['wasm'] })

/** ONNX Runtime compiled to WebAssembly, from its package for the web, which needs no native library. On one thread. */
export async function loadWasm(): Promise<Provider> {
  const runtime = await import('onnxruntime-web')
  runtime.env.wasm.numThreads = 1
  const trial = await openTrial({ runtime, sessionOptions })
  return {
    runtime,
    device: 'CPU',
    description: `ONNX Runtime ${runtime.env.versions.web ?? ''}, WebAssembly, 1 thread`,
    // It ignores the memory for outputs that it is given.
    memory: 'copied',
    sessionOptions,
    dispose: () => trial.release(),
  }
}
