import type { ErrorReport } from '#contract/api/errors.ts'
import type { ClipPixels, ClipPlan } from '../../data/clip.ts'

/** A clip to read, and where its decoded frames are cached. */
export interface ClipMessage {
  readonly id: number
  readonly plan: ClipPlan
  /** File of the frame cache, and whether the worker may write it. */
  readonly cache: { readonly path: string; readonly mayWrite: boolean }
}

export type ReplyMessage =
  | { readonly id: number; readonly pixels: ClipPixels[] }
  | { readonly id: number; readonly error: ErrorReport }
