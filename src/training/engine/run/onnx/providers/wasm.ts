import type { InferenceSession as WebSession } from 'onnxruntime-web'
import { fromPackage, toPackage } from '../js-tensor.ts'
import type { Provider } from '../providers.ts'
import { onHost, type Runtime, type SessionOptions } from '../runtime.ts'
import { tryProvider } from './try-provider.ts'

/** ONNX Runtime in WebAssembly, on one thread. Needs no native library. */
export async function loadWasm(): Promise<Provider> {
  const runtime = await loadWeb()
  const sessionOptions: SessionOptions = { device: { kind: 'wasm' }, threads: 1 }
  const trial = await tryProvider({ runtime, sessionOptions })
  return {
    runtime,
    device: 'CPU',
    description: `ONNX Runtime ${runtime.version}, WebAssembly, 1 thread`,
    // It ignores the tensors given for outputs.
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

/** The settings of `native/options.ts` that apply to one thread. */
const webOptions = ({ isAsRecorded = false, isQuiet = false }: SessionOptions): WebSession.SessionOptions => ({
  executionProviders: ['wasm'],
  graphOptimizationLevel: isAsRecorded ? 'disabled' : 'all',
  logSeverityLevel: isQuiet ? 4 : 3,
  enableMemPattern: false,
  enableCpuMemArena: false,
  extra: { session: { strict_shape_type_inference: '1' } },
})
