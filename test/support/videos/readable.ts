import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawScene, transposed, type Scene } from './scene.ts'
import { type VideoFormat, writeVideo } from './write-video.ts'

const size = { width: 320, height: 184, frameCount: 97 }

export const h264: VideoFormat = {
  encoder: 'libx264',
  container: 'mp4',
  encoderOptions: { preset: 'veryfast', crf: '28', 'x264-params': 'mbtree=0:keyint=48' },
}

/** Each readable file by name, with the way to encode it and what is drawn. */
const files: Record<string, { format: VideoFormat; scene?: Scene; isTurned?: true }> = {
  'h264-10bit-444.mkv': { format: { ...h264, container: 'matroska', bits: 10 } },
  'h264-five-frames.mp4': { format: h264, scene: crossing(size, 5) },
  'h264-rotated.mp4': { format: h264, scene: transposed(crossing(size)), isTurned: true },
  // The second half plays at half the speed.
  'h264-variable-rate.mp4': { format: { ...h264, timeOf: (index) => (index < 48 ? index : 2 * index - 48) } },
  'hevc.mkv': {
    format: {
      encoder: 'libx265',
      container: 'matroska',
      encoderOptions: { preset: 'ultrafast', crf: '30', 'x265-params': 'log-level=none:pools=1:keyint=48' },
    },
  },
  'mpeg2.mpg': { format: { encoder: 'mpeg2video', container: 'mpeg', bFrames: 2, encoderOptions: { b: '1000000' } } },
  'vp9.webm': {
    format: {
      encoder: 'libvpx-vp9',
      container: 'webm',
      encoderOptions: { deadline: 'realtime', 'cpu-used': '8', crf: '40', b: '0' },
    },
  },
  'xvid-bframes.avi': {
    format: { encoder: 'mpeg4', container: 'avi', bFrames: 2, tag: 'XVID', encoderOptions: { b: '600000' } },
  },
  '名前 with spaces & ünïcode.mp4': { format: h264, scene: crossing({ width: 64, height: 36, frameCount: 97 }) },
}

/** Writes one video per codec, container or property that people's files have. */
export async function writeReadable(folder: string): Promise<void> {
  const usual = crossing(size)
  for (const [name, { format, scene = usual, isTurned }] of Object.entries(files)) {
    await writeVideo(join(folder, name), scene, format)
    if (isTurned === true) setDisplayMatrix(join(folder, name), [0, 1, 1, 0])
  }
}

/** Writes a display matrix [a, b, c, d] into the track header of an MP4, as a camera that was held on its side does. */
export function setDisplayMatrix(file: string, [a, b, c, d]: readonly [number, number, number, number]): void {
  const bytes = readFileSync(file)
  const matrix = bytes.indexOf('tkhd') + 44
  ;[a, b, 0, c, d, 0].forEach((value, index) => bytes.writeInt32BE(value * 0x10000, matrix + index * 4))
  writeFileSync(file, bytes)
}

/** The first `frameCount` frames of a ball that crosses the picture from the upper left to the lower right. */
export function crossing(
  picture: { width: number; height: number; frameCount: number },
  frameCount = picture.frameCount,
): Scene {
  const { width, height } = picture
  return drawScene({ width, height, frameCount }, [110, 118, 138], (frame) => ({
    x: width * (0.15 + (0.7 * frame) / picture.frameCount),
    y: height * (0.2 + (0.6 * frame) / picture.frameCount),
    radius: height / 7,
    colour: [205, 60, 190],
  }))
}
