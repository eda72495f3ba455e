import type { Runtime } from '../runtime.ts'
import type { Address } from './c-interface.ts'
import { loadLibrary } from './library.ts'
import { NativeSession } from './session.ts'

let environment: Address | undefined

/**
 * ONNX Runtime's library, through its C interface: its binding for Node copies every output, and keeps none in CUDA's memory.
 * Where the library is missing, throws a sentence with what the loader said as its cause.
 */
export async function loadNative(): Promise<Runtime> {
  const library = await loadLibrary().catch((cause: unknown) => {
    throw new Error(`The library of ONNX Runtime for ${process.platform} ${process.arch} is missing or cannot be loaded.`, { cause })
  })
  // One for all sessions; it lasts as long as the process.
  environment ??= library.call.createEnvironment(3, 'mvd-studio')[0]
  const opened = environment
  return { version: library.version, open: (model, options) => Promise.resolve().then(() => new NativeSession(library, opened, model, options)) }
}
