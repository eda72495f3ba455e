import type { Task } from '#node/serve-task.ts'
import { stripOf } from '../pictures/strips.ts'
import { openDecoder } from '../video/decode/open-decoder.ts'
import { reasons, UnreadableVideo } from '../video/decode/unreadable-video.ts'

/** Decodes consecutive frames of a video into one picture. */
export const videoFrames: Task<'video-frames'> = async ({ file, width, height, from, count }) => {
  const decoder = await openDecoder()
  const wanted = Array.from({ length: count }, (_, index) => from + index)
  const frames: Uint8Array[] = []
  await decoder.decode(file, { width, height }, wanted, (pixels) => void frames.push(new Uint8Array(pixels)))
  if (frames.length === 0) throw new UnreadableVideo(file, reasons.noFrame)
  const strip = await stripOf(Buffer.concat(frames), frames.length, width, height)
  return { ...strip, from, count: frames.length }
}
