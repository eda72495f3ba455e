import { StudioError } from '#contract/api/errors.ts'
import type { HostTensor, NamedHostTensors } from '../../../tensor/host-tensor.ts'
import type { OnnxModel } from '../../record/graph/encode-onnx.ts'
import { explainError } from './explain-error.ts'

/** A tensor in the memory of a device: an input of later runs, which nothing else can read. */
export interface DeviceTensor {
  readonly shape: readonly number[]
  readonly isOnDevice: true
  /** Frees its memory. */
  dispose(): void
}

export type OnnxTensor = HostTensor | DeviceTensor
export type NamedOnnx = Readonly<Record<string, OnnxTensor>>

/** The device of a session. */
export type Device =
  | { readonly kind: 'cpu' | 'webgpu' | 'wasm' }
  | { readonly kind: 'cuda'; readonly number: number; readonly tf32: boolean }

export const isOnDevice = (tensor: OnnxTensor): tensor is DeviceTensor => 'isOnDevice' in tensor

export interface SessionOptions {
  readonly device: Device
  /** Threads on the processor. */
  readonly threads: number
  /** Executes the graph without optimizations: the recorder has merged operators, and another order would need more memory. */
  readonly isAsRecorded?: boolean
  /** Outputs that stay in the memory of the device. */
  readonly kept?: readonly string[]
  /** Turns off ONNX Runtime's error log; it still throws. */
  readonly isQuiet?: boolean
  /** Prefix of the file that the profiler writes. */
  readonly profile?: string
}

/** A graph that is loaded and ready to run. */
export interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /**
   * Computes all outputs.
   * @param outputs tensors in which outputs of the same names are written, if the provider's memory is `host`; ignored otherwise
   */
  run(feeds: NamedOnnx, outputs?: NamedHostTensors): Promise<NamedOnnx>
  release(): Promise<void>
}

/** ONNX Runtime, as a native library or in WebAssembly. */
export interface Runtime {
  readonly version: string
  open(model: Uint8Array, options: SessionOptions): Promise<Session>
}

export async function openSession(
  runtime: Runtime,
  program: string,
  { bytes }: Pick<OnnxModel, 'bytes'>,
  options: SessionOptions,
): Promise<Session> {
  try {
    return await runtime.open(bytes, options)
  } catch (cause) {
    const known = explainError(program, cause)
    if (known instanceof StudioError) throw known
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `ONNX Runtime rejects the graph of '${program}': ${reason}`
    throw new StudioError(
      'engine-unavailable',
      message,
      'Choose the engine "tensorflow", "wasm" or "cpu", and report this defect.',
      { cause },
    )
  }
}

/** Runs a session once. @throws StudioError if memory runs out or the graphics card stops responding */
export async function runSession(
  session: Session,
  program: string,
  feeds: NamedOnnx,
  outputs?: NamedHostTensors,
): Promise<NamedOnnx> {
  try {
    return await session.run(feeds, outputs)
  } catch (cause) {
    throw explainError(program, cause)
  }
}

/** A tensor in host memory. @throws Error if it is missing or in the memory of a device */
export function onHost(tensors: NamedOnnx, name: string): HostTensor {
  const tensor = tensors[name]
  if (tensor === undefined || isOnDevice(tensor)) throw new Error(`'${name}' is not in host memory.`)
  return tensor
}

/** @throws Error if one of the tensors is in the memory of a device */
export const allOnHost = (tensors: NamedOnnx): NamedHostTensors =>
  Object.fromEntries(Object.keys(tensors).map((name) => [name, onHost(tensors, name)]))

/** The first number of an output. */
export const numberIn = (results: NamedOnnx, name: string): number => Number(onHost(results, name).data[0])

export const scalar = (number: number): HostTensor => ({ shape: [], dtype: 'float32', data: Float32Array.of(number) })
