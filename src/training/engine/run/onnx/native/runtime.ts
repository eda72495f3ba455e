import { isMainThread } from 'node:worker_threads'
import type { Runtime } from '../runtime.ts'
import type { Address } from './c-interface.ts'
import { bundledFolder, loadLibrary, type Library } from './library.ts'
import { NativeSession } from './session.ts'

const environments = new Map<Library, Address>()

/**
 * ONNX Runtime's library, through its C interface. Its Node binding copies every output and keeps none in CUDA's memory.
 * @param folder of the library, by default the one that comes with `onnxruntime-node`
 * @throws Error if the library cannot be loaded, with the loader's error as its cause
 */
export async function loadNative(folder = bundledFolder()): Promise<Runtime> {
  const library = await loadLibrary(folder).catch((cause: unknown) => {
    throw new Error(
      `The library of ONNX Runtime for ${process.platform} ${process.arch} is missing or cannot be loaded.`,
      { cause },
    )
  })
  const opened = environments.get(library) ?? openEnvironment(library)
  environments.set(library, opened)
  return {
    version: library.version,
    open: (model, options) => Promise.resolve().then(() => new NativeSession(library, opened, model, options)),
  }
}

/**
 * The environment of all sessions of a library, which lives as long as the process. Sessions allocate intermediate results from one arena: with an arena
 * each, the peaks of all sessions would be held at once; without one, C's heap fragments.
 */
function openEnvironment({ call, release }: Library): Address {
  const [environment] = call.createEnvironment(3, 'mvd-studio')
  call.disableTelemetry(environment)
  // Threads share the environment, so only the main thread makes the arena.
  if (isMainThread) {
    const [memory] = call.createMemoryInfo('Cpu', arenaAllocator, 0, 0)
    call.registerAllocator(environment, memory, 0n)
    release.memoryInfo(memory)
  }
  return environment
}

/** `OrtArenaAllocator` of `OrtAllocatorType`. */
const arenaAllocator = 1
