import { StudioError } from '#contract/api/errors.ts'
import type { DecodedVerdict } from '#contract/domain/integrity.ts'

/** A video file that cannot be read, and the reason in a sentence for the user. */
export class UnreadableVideo extends Error {
  readonly file: string
  readonly reason: string

  constructor(file: string, reason: string, options?: { cause?: unknown }) {
    super(`${file}: ${reason}`, options)
    this.name = 'UnreadableVideo'
    this.file = file
    this.reason = reason
  }

  /** The error to report for a file of a dataset. */
  toStudioError(): StudioError {
    return new StudioError(
      'video-unreadable',
      this.message,
      'Check the dataset: the file was readable when it was imported.',
      { cause: this },
    )
  }
}

export const reasons = {
  missing: 'The file does not exist.',
  changed: 'Its content has changed since the import.',
  empty: 'The file is empty.',
  notVideo: 'This is not a video file: no known video format was found in it.',
  notPicture: 'This is not a picture: no JPEG, PNG, WebP or BMP was found in it.',
  noVideoStream: 'The file has no video stream, only sound or other data.',
  noFrame: 'No frame could be decoded.',
} as const

/** A file that cannot be used. */
export interface BrokenFile {
  readonly state: 'broken'
  readonly verdict: DecodedVerdict
  readonly reason: string
}

const verdictOf = new Map<string, DecodedVerdict>([
  [reasons.empty, 'no-frames'],
  [reasons.noFrame, 'no-frames'],
  [reasons.noVideoStream, 'sound-only'],
])

/** @param verdict by default the one of its reason */
export const broken = (
  reason: string,
  verdict: DecodedVerdict = verdictOf.get(reason) ?? 'unreadable',
): BrokenFile => ({ state: 'broken', verdict, reason })
