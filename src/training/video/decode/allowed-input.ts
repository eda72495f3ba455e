import { closeSync, openSync, readSync } from 'node:fs'
import { systemCode } from '#contract/api/errors.ts'
import { isPictureFile } from '#node/picture-file.ts'
import { fileProblem } from '#node/regular-file.ts'
import { findMember, memberPathOf } from '#node/tar-members.ts'
import { reasons, UnreadableVideo } from './unreadable-video.ts'

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

/** Formats of single pictures by their first bytes. `image2`, which reads a sequence of files by a pattern, is none of them. */
const pictureFormats: readonly { readonly name: string; readonly matches: (head: Buffer) => boolean }[] = [
  { name: 'jpeg_pipe', matches: (head) => head.toString('hex', 0, 3) === 'ffd8ff' },
  { name: 'png_pipe', matches: (head) => head.toString('hex', 0, 8) === '89504e470d0a1a0a' },
  { name: 'webp_pipe', matches: (head) => /^RIFF.{4}WEBP/s.test(head.toString('latin1', 0, 12)) },
  { name: 'bmp_pipe', matches: (head) => head.toString('latin1', 0, 2) === 'BM' },
]

/**
 * FFmpeg's format of a file that is called like a picture; undefined for a video, whose format FFmpeg finds. Its guess for a picture
 * depends on the name.
 * @throws UnreadableVideo if the content is not a picture, or the file cannot be read
 */
export function pictureFormatOf(file: string): string | undefined {
  if (!isPictureFile(file)) return undefined
  const head = readHead(file)
  const format = pictureFormats.find(({ matches }) => matches(head))
  if (format === undefined) throw new UnreadableVideo(file, reasons.notPicture)
  return format.name
}

function readHead(file: string): Buffer {
  const { handle, position } = opened(file, () => {
    const member = findMember(file)
    return { handle: openSync(member?.file ?? file, 'r'), position: member?.position ?? 0 }
  })
  try {
    const head = Buffer.alloc(12)
    return head.subarray(0, readSync(handle, head, 0, head.length, position))
  } finally {
    closeSync(handle)
  }
}

/** @throws UnreadableVideo if the file cannot be read */
function opened<T>(file: string, open: () => T): T {
  try {
    return open()
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined || code === 'EMFILE' || code === 'ENFILE') throw cause
    throw new UnreadableVideo(file, code === 'ENOENT' ? reasons.missing : `It cannot be read: ${code}.`, { cause })
  }
}

/**
 * What FFmpeg opens for a video: its path, or the part of a tar file that is the video.
 * @throws UnreadableVideo if the tar file does not have it or cannot be read
 */
export function inputOf(file: string): string {
  if (memberPathOf(file) === undefined) return file
  const member = opened(file, () => findMember(file))
  if (member === undefined) return file
  const { position, length } = member
  return `subfile,,start,${position},end,${position + length},,:file:${member.file}`
}

/** Options of FFmpeg for the input: what it may read, and from where. A picture is only read from a file that is called like one. */
export const inputOptionsOf = (file: string) =>
  ({
    format_whitelist: (isPictureFile(file) ? pictureFormats.map(({ name }) => name) : formats).join(','),
    protocol_whitelist: memberPathOf(file) === undefined ? 'file,pipe' : 'file,subfile',
  }) as const

/** @throws UnreadableVideo if a path is a pipe, a socket or a device, from which a decoder may wait for ever */
export function requireVideoFile(file: string): void {
  const problem = fileProblem(file)
  if (problem !== undefined) throw new UnreadableVideo(file, `This ${problem}, not a file.`)
}
