import { fileProblem } from '#node/regular-file.ts'
import { UnreadableVideo } from './unreadable-video.ts'

/**
 * Formats of FFmpeg that a video may have: containers and streams that hold their frames themselves. Lists of other files (ffconcat,
 * HLS, DASH, SDP, image sequences) would let a video from elsewhere read files beside it, or open connections.
 */
const formats = [
  'mov',
  'matroska',
  'avi',
  'asf',
  'flv',
  'ogg',
  'mpeg',
  'mpegts',
  'mpegvideo',
  'mxf',
  'dv',
  'gif',
  'rm',
  'wtv',
  'ivf',
  'nut',
  'yuv4mpegpipe',
  'h264',
  'hevc',
  'm4v',
]

/** Options of FFmpeg for the input: what it may read, and from where. */
export const inputOptions = { format_whitelist: formats.join(','), protocol_whitelist: 'file,pipe' } as const

/** @throws UnreadableVideo if a path is a pipe, a socket or a device, from which a decoder may wait for ever */
export function requireVideoFile(file: string): void {
  const problem = fileProblem(file)
  if (problem !== undefined) throw new UnreadableVideo(file, `This ${problem}, not a file.`)
}
