import type { ErrorReport } from '#contract/api/errors.ts'
import type { UpdateSchedule } from '../../optimizer/adamw-kernel/numbers.ts'
import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { Device } from '../run/onnx/runtime.ts'
import type { UpdateShare } from './share-update.ts'

/** The device of a compute worker, and the threads of each of its sessions on the processor. */
export interface WorkerDevice {
  readonly device: Device
  readonly threads: number
}

/** A request of the main thread to a compute worker. Tensors and graphs are in shared memory. */
export type Request =
  /** Loads ONNX Runtime and tries the device. Comes first. */
  | ({ readonly kind: 'start' } & WorkerDevice)
  | {
      readonly kind: 'open'
      readonly session: number
      readonly program: string
      readonly model: Uint8Array
      readonly isAsRecorded: boolean
    }
  /** The graph's outputs that are in `outputs` are written there; the others come with the reply. */
  | {
      readonly kind: 'run'
      readonly session: number
      readonly program: string
      readonly feeds: NamedHostTensors
      readonly outputs: NamedHostTensors
    }
  | { readonly kind: 'release'; readonly session: number }
  /** Opens a `ShareUpdater`, which `reduce` and `update` call. */
  | { readonly kind: 'prepare-updates'; readonly updater: number; readonly share: UpdateShare }
  | { readonly kind: 'reduce'; readonly updater: number; readonly terms: number }
  | { readonly kind: 'update'; readonly updater: number; readonly schedule: UpdateSchedule }
  /** Releases all sessions; the worker ends after its reply. */
  | { readonly kind: 'end' }

export interface RequestMessage {
  readonly id: number
  readonly request: Request
}

export interface Reply {
  /** Of `run`. */
  readonly outputs?: NamedHostTensors
  /** Of `reduce`: one number per parameter of the share. */
  readonly squares?: readonly number[]
}

/** `error` is a report if it is meant for users, else a message. */
export type ReplyMessage =
  | { readonly id: number; readonly reply: Reply }
  | { readonly id: number; readonly error: ErrorReport | string }
