import { closeSync, openSync, readSync } from 'node:fs'
import { extname } from 'node:path'
import { isPictureFile } from '#node/picture-file.ts'

/**
 * Endings of the video formats that the decoder reads and whose files say how many frames a second has. Most streams without a
 * container (.h264, .hevc) do not, so they are left out.
 */
const videoEndings = new Set(
  (
    '.mp4 .m4v .mov .qt .f4v .3gp .3g2 .mkv .mk3d .webm .avi .divx .mpg .mpeg .mpe .m2v .vob ' +
    '.ts .m2t .mts .m2ts .wmv .asf .flv .ogv .ogm .ogg .mxf .dv .gif .rm .rmvb .wtv .ivf .nut .y4m'
  ).split(' '),
)

/** The ending of a file name in lower case, with its dot; empty if it has none. */
export const endingOf = (name: string): string => extname(name).toLowerCase()

export function isVideoFile(name: string): boolean {
  return videoEndings.has(endingOf(name))
}

/** Whether a file is a video or a picture by the ending of its name. */
export const isMediaFile = (name: string): boolean => isVideoFile(name) || isPictureFile(name)

const headBytes = 4096

/** Endings that other kinds of files have too, with a test of the first bytes. */
const ambiguous: Readonly<Record<string, (head: Buffer) => boolean>> = {
  '.ts': isTransportStream,
  '.mts': isTransportStream,
  '.ogg': (head) => ['theora', 'OVP80', 'BBCD', '\x01video'].some((codec) => head.includes(codec, 0, 'latin1')),
}

/**
 * Whether the content of a file does not contradict its ending, which TypeScript sources and sound share with videos.
 * @throws a system error if the file cannot be read
 */
export function hasVideoContent(path: string): boolean {
  const isVideo = ambiguous[endingOf(path)]
  return isVideo === undefined || isVideo(readHead(path))
}

function readHead(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(headBytes)
    return head.subarray(0, readSync(file, head, 0, headBytes, 0))
  } finally {
    closeSync(file)
  }
}

/** Packets of an MPEG transport stream, also with four bytes of time (192) or of error correction (204). */
const packetSizes = [188, 192, 204]
const syncByte = 0x47

const leastPackets = 3

/** Whether every packet begins with the sync byte. A recording may begin in the middle of a packet. */
function isTransportStream(head: Buffer): boolean {
  return packetSizes.some((size) => {
    // The first packets hold tables with zeros, which a text has not.
    if (head.length < leastPackets * size || !head.includes(0)) return false
    for (let start = 0; start < size; start++) {
      let position = start
      while (position < head.length && head[position] === syncByte) position += size
      if (position >= head.length) return true
    }
    return false
  })
}
