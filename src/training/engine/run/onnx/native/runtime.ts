import { isMainThread } from 'node:worker_threads'
import type { Runtime } from '../runtime.ts'
import type { Address } from './c-interface.ts'
import { loadLibrary, type Library } from './library.ts'
import { NativeSession } from './session.ts'

let environment: Address | undefined

/**
 * ONNX Runtime's library, through its C interface. Its Node binding copies every output and keeps none in CUDA's memory.
 * @throws Error if the library cannot be loaded, with the loader's error as its cause
 */
export async function loadNative(): Promise<Runtime> {
  const library = await loadLibrary().catch((cause: unknown) => {
    throw new Error(
      `The library of ONNX Runtime for ${process.platform} ${process.arch} is missing or cannot be loaded.`,
      { cause },
    )
  })
  environment ??= openEnvironment(library)
  const opened = environment
  return {
    version: library.version,
    open: (model, options) => Promise.resolve().then(() => new NativeSession(library, opened, model, options)),
  }
}

/**
 * The environment of all sessions, which lives as long as the process. Sessions allocate intermediate results from one arena: with an arena
 * each, the peaks of all sessions would be held at once; without one, C's heap fragments.
 */
function openEnvironment({ call, release }: Library): Address {
  const [environment] = call.createEnvironment(3, 'mvd-studio')
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
