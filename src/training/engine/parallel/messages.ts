import type { ErrorReport } from '#contract/errors.ts'
import type { NamedHostTensors } from '../engine.ts'

/** What the main thread asks of a compute worker. Float arrays lie in memory that both see; only a model's bytes are handed over. */
export type Order =
  | { readonly kind: 'open'; readonly session: number; readonly program: string; readonly model: Uint8Array; readonly threads: number }
  /** Outputs with a place in `fetches` are written there; the others come back with the reply. */
  | { readonly kind: 'run'; readonly session: number; readonly program: string; readonly feeds: NamedHostTensors; readonly fetches: NamedHostTensors }
  | { readonly kind: 'release'; readonly session: number }
  /** Releases all sessions; the worker ends after the reply. */
  | { readonly kind: 'end' }

export interface OrderMessage {
  readonly id: number
  readonly order: Order
}

/** `error` says how an order failed: as a report where it is one for people, else in words. */
export type ReplyMessage =
  | { readonly id: number; readonly outputs: NamedHostTensors }
  | { readonly id: number; readonly error: ErrorReport | string }
