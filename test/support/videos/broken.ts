import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crossing, h264 } from './readable.ts'
import { writeSound, writeVideo } from './write-video.ts'

const notVideo = /^This is not a video file: no known video format was found in it\.$/
const noVideo = /^The file has no video stream, only sound or other data\.$/
const damaged = /^The file is damaged: \d+ of its \d+ video packets could not be decoded\.$/
const cutOff = /^The file is cut off: it has [\d.]+ KiB of [\d.]+ KiB\.$/
const withoutIndex = /^The file starts as MP4, but its index cannot be read: it is cut off or damaged\.$/

/** What inspection says of each broken video. */
export const brokenReasons: Readonly<Record<string, RegExp>> = {
  'audio-only.mp4': noVideo,
  'corrupt-middle.webm': damaged,
  'cut-avi.avi': cutOff,
  'cut-before-index.mp4': cutOff,
  'cut-in-header.mp4': withoutIndex,
  'cut-matroska.mkv': cutOff,
  'damaged.mp4': damaged,
  'empty.mp4': /^The file is empty\.$/,
  'noise.avi': notVideo,
  'text.mp4': notVideo,
  'truncated.mp4': cutOff,
  'zero-frames.mp4': noVideo,
}

/** The verdict on each of them. */
export const brokenVerdicts: Readonly<Record<string, string>> = {
  'audio-only.mp4': 'sound-only',
  'corrupt-middle.webm': 'unreadable',
  'cut-avi.avi': 'cut-off',
  'cut-before-index.mp4': 'cut-off',
  'cut-in-header.mp4': 'cut-off',
  'cut-matroska.mkv': 'cut-off',
  'damaged.mp4': 'unreadable',
  'empty.mp4': 'no-frames',
  'noise.avi': 'unreadable',
  'text.mp4': 'unreadable',
  'truncated.mp4': 'cut-off',
  'zero-frames.mp4': 'sound-only',
}

/** Writes a video for each way of being broken, some from those in the folder `readable`. */
export async function writeBroken(folder: string, readable: string): Promise<void> {
  const put = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes)
  const take = (name: string) => readFileSync(join(readable, name))

  put('empty.mp4', '')
  put('text.mp4', 'This is not a video.')
  put('noise.avi', noise(20_000))
  await writeSound(join(folder, 'audio-only.mp4'))
  const size = { width: 320, height: 184, frameCount: 97 }
  await writeVideo(join(folder, 'zero-frames.mp4'), crossing(size, 0), h264)

  const base = join(folder, 'base.mp4')
  await writeVideo(base, crossing(size), h264)
  const indexLast = readFileSync(base)
  await writeVideo(base, crossing(size), { ...h264, containerOptions: { movflags: 'faststart' } })
  const indexFirst = readFileSync(base)
  rmSync(base)

  put('cut-in-header.mp4', indexLast.subarray(0, 40))
  put('cut-before-index.mp4', firstPart(indexLast, 0.5))
  put('truncated.mp4', firstPart(indexFirst, 0.5))
  put('damaged.mp4', withDamage(indexFirst))
  put('cut-matroska.mkv', firstPart(take('hevc.mkv'), 0.5))
  put('cut-avi.avi', firstPart(take('xvid-bframes.avi'), 0.5))
  put('corrupt-middle.webm', withDamage(take('vp9.webm')))
}

const firstPart = (bytes: Buffer, share: number): Buffer => bytes.subarray(0, Math.floor(share * bytes.length))

/** Overwrites 24 bytes in every 400 from a third of the file on. */
function withDamage(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const pattern = noise(24)
  for (let at = Math.floor(copy.length / 3); at + pattern.length < copy.length; at += 400) copy.set(pattern, at)
  return copy
}

/** Bytes without a pattern that a video format could be recognised by. */
const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => Math.imul(index + 17, 2654435761) >>> 24)
