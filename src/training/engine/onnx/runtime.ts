import type * as ort from 'onnxruntime-node'
import { StudioError } from '#contract/errors.ts'
import type { OnnxModel } from '../graph/onnx.ts'
import { explained } from './failures.ts'

/** What ONNX Runtime's packages for Node and for the web have in common. */
export type Runtime = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env'>

/** ONNX Runtime's module; where its binary is missing, throws a sentence with what the loader said as its cause. */
export async function loadRuntime(): Promise<typeof ort> {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new Error(`The library of ONNX Runtime for ${process.platform} ${process.arch} is missing or cannot be loaded.`, { cause })
  }
}

/** Options of a session on the CPU. */
export function cpuOptions(threads: number): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    // A plan of all memory is made in the first run and needs as much again in the second.
    enableMemPattern: false,
    // Each session would keep an arena for itself, between which nothing is shared; glibc's allocator does as well if told to keep what is freed.
    enableCpuMemArena: process.env['MALLOC_TRIM_THRESHOLD_'] === undefined,
    extra: {
      session: {
        // The recorder knows every shape; a graph in which ONNX Runtime infers another one is refused.
        strict_shape_type_inference: '1',
        // Threads that wait without end for the next operator take the processor from the video decoders, and from each other.
        intra_op: { allow_spinning: '1', spin_duration_us: '20' },
      },
    },
  }
}

/** Options of a session that executes a graph as it is written; what the recorder has merged already, another order would only keep for longer. */
export const asRecorded = (options: ort.InferenceSession.SessionOptions): ort.InferenceSession.SessionOptions => ({ ...options, graphOptimizationLevel: 'disabled' })

export async function openSession(runtime: Runtime, program: string, model: Pick<OnnxModel, 'bytes'>, options: ort.InferenceSession.SessionOptions): Promise<ort.InferenceSession> {
  try {
    return await runtime.InferenceSession.create(model.bytes, options)
  } catch (cause) {
    const known = explained(program, cause)
    if (known instanceof StudioError) throw known
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `ONNX Runtime refuses the graph of '${program}': ${reason}`
    throw new StudioError('engine-unavailable', message, 'Choose the engine "tensorflow", "wasm" or "cpu", and report this defect.', { cause })
  }
}

/** Runs a session once; running out of memory becomes an error that says what to lower, a lost card one that says so. */
export async function runSession(session: ort.InferenceSession, program: string, feeds: ort.InferenceSession.FeedsType, fetches?: ort.InferenceSession.FetchesType): Promise<ort.InferenceSession.ReturnType> {
  try {
    return fetches === undefined ? await session.run(feeds) : await session.run(feeds, fetches)
  } catch (cause) {
    throw explained(program, cause)
  }
}
