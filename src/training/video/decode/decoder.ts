import type { VideoTraits } from '#contract/domain/integrity.ts'
import type { Size } from '../../data/geometry.ts'

/** What a decoder found in a file by decoding all of it. */
export interface Inspection extends Size, Pick<VideoTraits, 'pixelFormat' | 'isRotated'> {
  readonly frameCount: number
  readonly framesPerSecond: number
  readonly durationMs: number
  readonly codec: string
  /** Packets of the video stream, and how many of them after the first frame could not be decoded. */
  readonly packetCount: number
  readonly failedPackets: number
  /** Frames that the header of the video stream announces; 0 if it announces none. */
  readonly announcedFrames: number
  /** Position behind the last packet of any stream that was found; 0 if the demuxer does not say. */
  readonly readBytes: number
}

/** Receives one RGB frame [height, width, 3] and its index. The next frame has the same memory: what is kept is copied. */
export type FrameVisitor = (pixels: Uint8Array, index: number) => void

/** Some frames of a video that is inspected. */
export interface FrameView {
  /** At which the frames are visited; that at which they are shown by default. */
  readonly size?: Size
  /** Whether to visit a frame of a video that has about so many; `Infinity` if its header does not say. */
  wants(index: number, expectedFrames: number): boolean
  readonly visit: FrameVisitor
}

/** Reads video files. All functions throw `UnreadableVideo` if the file cannot be read. */
export interface Decoder {
  /** Name and version, such as `node-av 6.1.1`. */
  readonly description: string
  /**
   * Decodes every frame. `onProgress` is called again and again while frames are decoded, and not while the decoder waits for the file.
   * `views` receive frames from a decoder that has them at hand: a separate program only counts them.
   */
  inspect(file: string, onProgress?: () => void, views?: readonly FrameView[]): Promise<Inspection>
  /**
   * Reads the headers of a file without decoding it. Where they do not say how many frames there are, or contradict themselves, counts the
   * packets that are shown.
   */
  probe(file: string): Promise<Inspection>
  /**
   * Decodes from the start, because seeking is not exact in every format. Rotates frames as the file says and scales them
   * to `size`. Visits the frames of `indices` (ascending, each once) that exist, or all of them.
   */
  decode(
    file: string,
    size: Size,
    indices: readonly number[] | 'all',
    visit: FrameVisitor,
    onProgress?: () => void,
  ): Promise<void>
}

/** What a decoder counts and reads in a file; `inspectionOf` derives the rest. */
export interface DecodedStream extends Omit<Inspection, 'width' | 'height' | 'framesPerSecond' | 'durationMs'> {
  /** As stored, before the rotation. */
  readonly storedSize: Size
  /** Whether the rotation swaps width and height. */
  readonly isSideways: boolean
  /** Average frame rate that the file states; 0 if unknown. */
  readonly frameRate: number
  /** Times of the packets of the video stream that are shown, in the order of the file. */
  readonly times: readonly PacketTime[]
  /** Names of the format as libavformat knows it. */
  readonly formatNames: string
}

/** Times of a packet in seconds; undefined if the file does not state them. */
export interface PacketTime {
  readonly decodedAt: number | undefined
  readonly shownAt: number | undefined
  /** 0 if unknown. */
  readonly duration: number
}

/** Derives size as shown, duration and frame rate from what a decoder counted. */
export function inspectionOf(stream: DecodedStream): Inspection {
  const { storedSize, isSideways, times, formatNames, frameRate: statedRate, ...counted } = stream
  const { frameCount } = counted
  const seconds = secondsOf(times, formatNames)
  const framesPerSecond =
    seconds > 0 && frameCount > 0 && !agree(statedRate, frameCount, seconds)
      ? frameCount / seconds
      : statedRate > 0
        ? statedRate
        : 1
  return {
    ...counted,
    width: isSideways ? storedSize.height : storedSize.width,
    height: isSideways ? storedSize.width : storedSize.height,
    framesPerSecond,
    durationMs: (seconds > 0 ? seconds : frameCount / framesPerSecond) * 1000,
  }
}

/** Whether a stated frame rate fits the frames and their times. Files round times, or state none for the last frames. False if no frames are stated. */
export function agree(rate: number, frameCount: number, seconds: number): boolean {
  return rate > 0 && frameCount > 0 && Math.abs(rate * seconds - frameCount) <= Math.max(1.5, 0.01 * frameCount)
}

/**
 * Whether some packets of a codec, and some frames that a header announces, may never be shown: alternate reference frames of VP8. Those of
 * VP9 and AV1 are in the packets of other frames.
 */
export const mayHideFrames = (codec: string): boolean => codec === 'vp8'

const jumpSeconds = 10

/** FFmpeg's name for the format of MPEG-1 and MPEG-2 streams without a container. */
export const rawMpegVideo = 'mpegvideo'

/**
 * Seconds from the first shown frame to the end of the last. Times may start anywhere, and those of MPEG streams may jump, for
 * example where two recordings were joined: each stretch counts by itself.
 */
function secondsOf(times: readonly PacketTime[], formatNames: string): number {
  const mayJump = formatNames.includes('mpeg')
  let [total, first, end, last] = [0, Infinity, -Infinity, undefined as number | undefined]
  let shown = 0
  for (const { decodedAt, shownAt, duration } of times) {
    const order = decodedAt ?? shownAt
    const start = shownAt ?? decodedAt
    if (order === undefined || start === undefined) continue
    if (mayJump && last !== undefined && Math.abs(order - last) > jumpSeconds) {
      total += end - first
      ;[first, end] = [Infinity, -Infinity]
    }
    last = order
    shown += 1
    first = Math.min(first, start)
    end = Math.max(end, start + duration)
  }
  if (shown === 0) return 0
  const seconds = total + end - first
  // Without durations, the last frame counts as long as the others on average.
  const hasDurations = times.some(({ duration }) => duration > 0)
  return hasDurations || shown < 2 ? seconds : (seconds * shown) / (shown - 1)
}
