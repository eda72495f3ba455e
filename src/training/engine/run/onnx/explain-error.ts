import { StudioError } from '#contract/api/errors.ts'
import { isOutOfMemory } from '#contract/domain/memory.ts'
import { explainCudaError } from './explain-cuda-error.ts'

/**
 * ONNX Runtime's own messages when memory runs out. On WebGPU the failed allocation is only logged; the error thrown is an invalid
 * buffer, or that a tensor larger than the card's buffers needs too many of them.
 */
const outOfMemory = /alloc|SafeIntOnOverflow|\[Invalid Buffer|maxStorageBuffersPerShaderStage/i

const deviceLost = /device\]? (is |was )?lost|device_lost/i

/** A `StudioError` for an error of ONNX Runtime whose cause is known; any other error unchanged. */
export function explainError(program: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof StudioError) return cause
  // First, because its messages quote calls such as cudaMalloc, which do not mean that memory ran out.
  const ofCuda = explainCudaError(program, cause)
  if (ofCuda !== undefined) return ofCuda
  if (isOutOfMemory(cause.message) || outOfMemory.test(cause.message)) {
    return new StudioError(
      'out-of-memory',
      `There is not enough memory for '${program}'.`,
      'Lower the batch size, the number of frames or the size of the model.',
      { cause },
    )
  }
  if (deviceLost.test(cause.message)) {
    return new StudioError(
      'engine-unavailable',
      `The graphics card stopped responding while it computed '${program}'.`,
      'Resume from the last checkpoint. If it happens again, update the driver of the card or choose the engine "onnx-cpu".',
      { cause },
    )
  }
  return cause
}
