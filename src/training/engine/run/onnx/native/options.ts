import type { Device, SessionOptions } from '../runtime.ts'
import type { Address } from './c-interface.ts'
import type { Library } from './library.ts'

/** Settings of every session (`onnxruntime_session_options_config_keys.h`). */
const configuration = {
  // The arena made by `openEnvironment`.
  'session.use_env_allocators': '1',
  // The recorder knows every shape: a graph for which ONNX Runtime infers another one is rejected.
  'session.strict_shape_type_inference': '1',
  // Threads that spin for long take the processor from video decoders and from each other.
  'session.intra_op.allow_spinning': '1',
  'session.intra_op.spin_duration_us': '20',
}

/** Calls `use` with ONNX Runtime's options of a session, and releases them afterwards. */
export function withOptions<T>(
  library: Library,
  { device, threads, isAsRecorded = false, isQuiet = false, profile }: SessionOptions,
  use: (options: Address) => T,
): T {
  const { call, release } = library
  const [options] = call.createSessionOptions()
  try {
    call.setLogSeverityLevel(options, isQuiet ? 4 : 3)
    call.setGraphOptimizationLevel(options, isAsRecorded ? 0 : 99)
    call.setIntraOpThreads(options, threads)
    call.setInterOpThreads(options, 1)
    // A memory plan would be recorded in the first run and allocate as much again in the second.
    call.disableMemoryPattern(options)
    for (const [key, value] of Object.entries(configuration)) call.setConfigEntry(options, key, value)
    if (profile !== undefined) call.enableProfiling(options, profile)
    appendProvider(library, options, device)
    return use(options)
  } finally {
    release.sessionOptions(options)
  }
}

/** Operators that the device does not have run on the processor. */
function appendProvider({ call, release }: Library, options: Address, device: Device): void {
  if (device.kind === 'webgpu') call.appendProvider(options, 'WebGPU', [], [], 0)
  if (device.kind !== 'cuda') return
  const [cuda] = call.createCudaOptions()
  try {
    // ONNX Runtime would use TF32 by default.
    const settings = { device_id: String(device.number), use_tf32: device.tf32 ? '1' : '0' }
    call.updateCudaOptions(cuda, Object.keys(settings), Object.values(settings), Object.keys(settings).length)
    call.appendCuda(options, cuda)
  } finally {
    release.cudaOptions(cuda)
  }
}
