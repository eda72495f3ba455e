import type { InferenceSession as WebSession } from 'onnxruntime-web'
import { fromPackage, toPackage } from '../js-tensor.ts'
import type { Provider } from '../providers.ts'
import { onHost, type Runtime, type SessionOptions } from '../runtime.ts'
import { openTrial } from './try-provider.ts'

/** ONNX Runtime compiled to WebAssembly, from its package for the web, which needs no native library. On one thread. */
export async function loadWasm(): Promise<Provider> {
  const runtime = await loadWeb()
  const sessionOptions: SessionOptions = { device: { kind: 'wasm' }, threads: 1 }
  const trial = await openTrial({ runtime, sessionOptions })
  return {
    runtime,
    device: 'CPU',
    description: `ONNX Runtime ${runtime.version}, WebAssembly, 1 thread`,
    // It ignores the memory for outputs that it is given.
    memory: 'copied',
    sessionOptions,
    dispose: () => trial.release(),
  }
}

async function loadWeb(): Promise<Runtime> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-web')
  env.wasm.numThreads = 1
  return {
    version: env.versions.web ?? '',
    async open(model, options) {
      const session = await InferenceSession.create(model, webOptions(options))
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        async run(feeds) {
          const given = Object.keys(feeds).map((name) => [name, toPackage(Tensor, onHost(feeds, name))] as const)
          const results = await session.run(Object.fromEntries(given))
          return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromPackage(tensor)]))
        },
        release: () => session.release(),
      }
    },
  }
}

/** What `native/options.ts` tells the library, as far as it concerns one thread. */
const webOptions = ({ isAsRecorded = false, isQuiet = false }: SessionOptions): WebSession.SessionOptions => ({
  executionProviders: ['wasm'],
  graphOptimizationLevel: isAsRecorded ? 'disabled' : 'all',
  logSeverityLevel: isQuiet ? 4 : 3,
  enableMemPattern: false,
  enableCpuMemArena: false,
  extra: { session: { strict_shape_type_inference: '1' } },
})
