import type { ErrorReport } from '#contract/api/errors.ts'
import type { UpdateSchedule } from '../../optimizer/adamw-kernel/numbers.ts'
import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { UpdateShare } from '../run/onnx/host-update.ts'

/** What the main thread asks of a compute worker. Float arrays lie in memory that both see; only a model's bytes are handed over. */
export type Order =
  | {
      readonly kind: 'open'
      readonly session: number
      readonly program: string
      readonly model: Uint8Array
      readonly threads: number
      readonly isAsRecorded: boolean
    }
  /** Outputs with a place in `places` are written there; the others come back with the reply. */
  | {
      readonly kind: 'run'
      readonly session: number
      readonly program: string
      readonly feeds: NamedHostTensors
      readonly places: NamedHostTensors
    }
  | { readonly kind: 'release'; readonly session: number }
  /** Prepares for updates of a share of the parameters; see `Updater`. */
  | { readonly kind: 'share'; readonly updater: number; readonly share: UpdateShare }
  | { readonly kind: 'sum'; readonly updater: number; readonly terms: number }
  | { readonly kind: 'update'; readonly updater: number; readonly schedule: UpdateSchedule }
  /** Releases all sessions; the worker ends after the reply. */
  | { readonly kind: 'end' }

export interface OrderMessage {
  readonly id: number
  readonly order: Order
}

/** What an order gives: outputs of a run, or one sum for each parameter of a share. */
export interface OrderResult {
  readonly outputs?: NamedHostTensors
  readonly sums?: readonly number[]
}

/** `error` says how an order failed: as a report where it is one for people, else in words. */
export type ReplyMessage =
  | { readonly id: number; readonly result: OrderResult }
  | { readonly id: number; readonly error: ErrorReport | string }
