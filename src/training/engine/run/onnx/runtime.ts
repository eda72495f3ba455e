import { StudioError } from '#contract/api/errors.ts'
import type { HostTensor, NamedHostTensors } from '../../../tensor/host-tensor.ts'
import type { OnnxModel } from '../../record/graph/encode-onnx.ts'
import { explained } from './explain-error.ts'

/** A tensor that stays in a device's memory: other runs take it, and nothing else reads it. */
export interface DeviceTensor {
  readonly shape: readonly number[]
  readonly isOnDevice: true
  /** Gives its memory back. */
  dispose(): void
}

export type OnnxTensor = HostTensor | DeviceTensor
export type NamedOnnx = Readonly<Record<string, OnnxTensor>>

/** What a session computes on. */
export type Device = { readonly kind: 'cpu' | 'webgpu' | 'wasm' } | { readonly kind: 'cuda'; readonly number: number }

export const isOnDevice = (tensor: OnnxTensor): tensor is DeviceTensor => 'isOnDevice' in tensor

export interface SessionOptions {
  readonly device: Device
  /** Threads on the processor. */
  readonly threads: number
  /** Whether the graph is executed as it is written: what the recorder has merged already, another order would only keep for longer. */
  readonly isAsRecorded?: boolean
  /** Outputs that stay in the device's memory. */
  readonly kept?: readonly string[]
  /** Whether ONNX Runtime keeps errors to itself but for those it throws. */
  readonly isQuiet?: boolean
  /** Beginning of the name of a file that its profiler writes. */
  readonly profile?: string
}

/** A graph that is ready to run. */
export interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Computes all outputs. Those that have a place are written there, where the provider's memory is that of the host. */
  run(feeds: NamedOnnx, places?: NamedHostTensors): Promise<NamedOnnx>
  release(): Promise<void>
}

/** ONNX Runtime, as the system's own library or in WebAssembly. */
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
    const known = explained(program, cause)
    if (known instanceof StudioError) throw known
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `ONNX Runtime refuses the graph of '${program}': ${reason}`
    throw new StudioError(
      'engine-unavailable',
      message,
      'Choose the engine "tensorflow", "wasm" or "cpu", and report this defect.',
      { cause },
    )
  }
}

/** Runs a session once; running out of memory becomes an error that says what to lower, a lost card one that says so. */
export async function runSession(
  session: Session,
  program: string,
  feeds: NamedOnnx,
  places?: NamedHostTensors,
): Promise<NamedOnnx> {
  try {
    return await session.run(feeds, places)
  } catch (cause) {
    throw explained(program, cause)
  }
}

/** A tensor that lies on the host, as outputs do that have come there. @throws where it does not. */
export function onHost(tensors: NamedOnnx, name: string): HostTensor {
  const tensor = tensors[name]
  if (tensor === undefined || isOnDevice(tensor)) throw new Error(`'${name}' does not lie on the host.`)
  return tensor
}

/** The only number of an output, or its first. */
export const numberIn = (results: NamedOnnx, name: string): number => Number(onHost(results, name).data[0])

export const scalar = (number: number): HostTensor => ({ shape: [], dtype: 'float32', data: Float32Array.of(number) })
