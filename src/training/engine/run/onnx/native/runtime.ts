import { isMainThread } from 'node:worker_threads'
import type { Runtime } from '../runtime.ts'
import type { Address } from './c-interface.ts'
import { loadLibrary, type Library } from './library.ts'
import { NativeSession } from './session.ts'

let environment: Address | undefined

/**
 * ONNX Runtime's library, through its C interface: its binding for Node copies every output, and keeps none in CUDA's memory.
 * Where the library is missing, throws a sentence with what the loader said as its cause.
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
 * What all sessions of a process have in common; it lasts as long as the process. Sessions take memory for intermediate results from one arena:
 * one for each would hold the most of every session at once, and the heap of C's library falls to pieces between their sizes.
 */
function openEnvironment({ call, release }: Library): Address {
  const [environment] = call.createEnvironment(3, 'mvd-studio')
  // Threads share the environment, so one of them makes the arena.
  if (isMainThread) {
    const [memory] = call.createMemoryInfo('Cpu', arenaAllocator, 0, 0)
    call.registerAllocator(environment, memory, 0n)
    release.memoryInfo(memory)
  }
  return environment
}

/** `OrtArenaAllocator`, of which memory is described. */
const arenaAllocator = 1
