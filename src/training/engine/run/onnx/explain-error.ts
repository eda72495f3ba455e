import { StudioError } from '#contract/api/errors.ts'

/**
 * What ONNX Runtime says when memory cannot be had. On WebGPU the refusal itself goes to the log alone, and what is thrown is that the
 * buffer is invalid, or that a tensor larger than a card's buffers needs too many of them.
 */
const outOfMemory = /alloc|out of memory|SafeIntOnOverflow|\[Invalid Buffer|maxStorageBuffersPerShaderStage/i

const deviceLost = /device\]? (is |was )?lost|device_lost/i

/** An error of ONNX Runtime as a person should read it; any other as it is. */
export function explained(program: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause
  if (outOfMemory.test(cause.message)) {
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
      `The graphics card stopped answering while it computed '${program}'.`,
      'Resume from the last checkpoint. If it happens again, update the driver of the card or choose the engine "onnx-cpu".',
      { cause },
    )
  }
  return cause
}
