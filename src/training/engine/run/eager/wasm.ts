import { StudioError } from '#contract/api/errors.ts'
import * as tf from '../../../tensor/tf.ts'

/**
 * Loads tfjs's WebAssembly backend (4.22.0) without two kernels that give wrong numbers: products with a fused bias and a transposed
 * matrix, and gathers with batch axes. Programs that use them are rejected.
 */
export async function loadWasm(): Promise<void> {
  if (tf.engine().backendNames().includes('wasm')) return
  await import('@tensorflow/tfjs-backend-wasm')
  tf.unregisterKernel('_FusedMatMul', 'wasm')
  const gather = tf.getKernel('GatherV2', 'wasm')
  tf.unregisterKernel('GatherV2', 'wasm')
  tf.registerKernel({ ...gather, kernelFunc: (call) => gather.kernelFunc(withoutBatchAxes(call)) })
}

type KernelCall = Parameters<tf.KernelFunc>[0]

function withoutBatchAxes(call: KernelCall): KernelCall {
  if (call.attrs?.['batchDims'] === 0) return call
  const message = "The program gathers with batch axes, which tfjs's WebAssembly backend computes incorrectly."
  throw new StudioError('engine-unavailable', message, 'Choose another engine, or gather from a flattened tensor.')
}

/** Removes the process listeners that `start` adds: Emscripten's rethrow uncaught errors, which hides their origin. */
export async function keepingProcessListeners(start: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = events.map((event) => process.rawListeners(event))
  await start()
  events.forEach((event, i) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[i]?.includes(listener)) process.off(event, listener as () => void)
    }
  })
}
