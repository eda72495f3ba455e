import type { ErrorReport } from '#contract/api/errors.ts'
import type { ClipPixels, ClipPlan } from '../../data/clip.ts'
import type { StoredPixels } from './clip-files.ts'

/** A clip to read, and where its decoded frames are cached. */
export interface ClipMessage {
  readonly id: number
  readonly plan: ClipPlan
  readonly cache: FrameCacheUse
}

/** How a pool uses the folder of decoded frames. */
export interface FrameCacheUse {
  readonly folder: string
  /** Most bytes of the folder; absent: those in the settings of the workspace. */
  readonly maxBytes?: number
  /** When the pool was opened, in ms since 1970. Files used since then are not evicted. */
  readonly usedSinceMs: number
}

/** What a worker did for a clip. */
export interface ClipWork {
  /** Whether its frames were decoded, since they were not in the frame cache. */
  readonly isDecoded: boolean
  /** Time to read cached frames, and to do all of it. */
  readonly readMs: number
  readonly totalMs: number
}

/** A clip that was read. `P` is its pixels. */
type ClipReply<P> =
  | {
      readonly id: number
      readonly pixels: P
      readonly work: ClipWork
      /** A sentence about the cached frames, if they could not be used or stored. */
      readonly note?: string
    }
  | { readonly id: number; readonly error: ErrorReport }
  /** The decoder is still at work: sent about once a second while it decodes frames, and once when the process has started. */
  | { readonly id: number; readonly isAlive: true }

export type ReplyMessage = ClipReply<ClipPixels[]>

/** A request as it is sent: with the position of the file for the pixels, if there are files. */
export type SentClip = ClipMessage & { readonly fileIndex?: number }
/** A reply as it is sent: pixels are in the file of the request, or in the message. */
export type SentReply = ClipReply<ClipPixels[] | { readonly stored: StoredPixels; readonly fileIndex: number }>

/** Id of the message that a process sends when it has started. */
export const greeting = -1
