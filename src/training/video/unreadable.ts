/** A video file that cannot be read, with the reason in words for the person. */
export class UnreadableVideo extends Error {
  readonly file: string
  readonly reason: string

  constructor(file: string, reason: string, options?: { cause?: unknown }) {
    super(`${file}: ${reason}`, options)
    this.name = 'UnreadableVideo'
    this.file = file
    this.reason = reason
  }
}

export const reasons = {
  missing: 'The file is not there.',
  empty: 'The file is empty.',
  notVideo: 'This is not a video file: no known video format was found in it.',
  noVideoStream: 'There is no picture in the file, only sound or other data.',
  noFrame: 'Not one picture could be decoded.',
} as const
