import type { Size } from '../../data/geometry.ts'

/** What a decoder found in a file by decoding all of it. */
export interface Inspection extends Size {
  readonly frameCount: number
  readonly framesPerSecond: number
  readonly durationMs: number
  readonly codec: string
  /** Packets of the video stream, and how many of them after the first frame could not be decoded. */
  readonly packetCount: number
  readonly failedPackets: number
  /** Seconds of content in the file, and seconds that its header announces; equal if it announces none. */
  readonly contentSeconds: number
  readonly announcedSeconds: number
}

/** Receives one RGB frame [height, width, 3] and its index. */
export type FrameVisitor = (pixels: Uint8Array, index: number) => void

/** Reads video files. Both functions throw `UnreadableVideo` if the file cannot be read. */
export interface Decoder {
  /** Name and version, such as `node-av 6.1.1`. */
  readonly description: string
  inspect(file: string): Promise<Inspection>
  /**
   * Decodes from the start, because seeking is not exact in every format. Rotates frames as the file says and scales them
   * to `size`. Visits the frames of `indices` (ascending, each once) that exist, or all of them.
   */
  decode(file: string, size: Size, indices: readonly number[] | 'all', visit: FrameVisitor): Promise<void>
}

/** What a decoder counts and reads in a file; `inspectionOf` derives the rest. */
export interface DecodedStream extends Pick<Inspection, 'frameCount' | 'codec' | 'packetCount' | 'failedPackets'> {
  /** As stored, before the rotation. */
  readonly storedSize: Size
  /** Whether the rotation swaps width and height. */
  readonly isSideways: boolean
  /** Average frame rate; 0 if unknown. */
  readonly frameRate: number
  /** Time at which the file starts, and the end of its last packet: of any stream, and of the video stream. */
  readonly startSeconds: number
  readonly endSeconds: number
  readonly videoEndSeconds: number
  /** Names of the format as libavformat knows it, and the duration in its header; 0 if unknown. */
  readonly formatNames: string
  readonly headerSeconds: number
}

/** Derives size as shown, duration and frame rate from what a decoder counted. */
export function inspectionOf(stream: DecodedStream): Inspection {
  const { frameCount, frameRate, storedSize, isSideways, codec, packetCount, failedPackets } = stream
  const start = Math.max(0, stream.startSeconds)
  const contentSeconds = stream.endSeconds - start
  const announced = announcesDuration(stream.formatNames) ? stream.headerSeconds : 0
  const durationMs =
    stream.videoEndSeconds > start
      ? (stream.videoEndSeconds - start) * 1000
      : (frameCount * 1000) / (frameRate > 0 ? frameRate : 1)
  return {
    frameCount,
    width: isSideways ? storedSize.height : storedSize.width,
    height: isSideways ? storedSize.width : storedSize.height,
    framesPerSecond: frameRate > 0 ? frameRate : (frameCount * 1000) / durationMs,
    durationMs,
    codec,
    packetCount,
    failedPackets,
    contentSeconds,
    announcedSeconds: announced > 0 ? announced : contentSeconds,
  }
}

/** Formats whose header states the duration. In others, libavformat estimates it from the file size. */
function announcesDuration(formatNames: string): boolean {
  return /\b(mov|mp4|matroska|webm|avi|asf|flv)\b/.test(formatNames)
}
