import { mkdir, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp from 'sharp'
import { openDecoder } from '../video/decode/open-decoder.ts'
import { reasons, UnreadableVideo } from '../video/decode/unreadable-video.ts'
import type { Task } from './task.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

/** Writes a preview: frames spread evenly over the video, at its speed, as an animated WebP that repeats. */
export const preview: Task<'preview'> = async ({ file, to, height, frameCount: wanted }, _report, signal) => {
  try {
    const decoder = await openDecoder()
    const video = await decoder.inspect(file)
    const frameCount = Math.min(wanted, video.frameCount)
    const shown = {
      height: Math.min(height, video.height),
      width: Math.max(1, Math.round((video.width * Math.min(height, video.height)) / video.height)),
    }
    const indices = Array.from({ length: frameCount }, (_, k) => Math.floor((k * video.frameCount) / frameCount))
    const pages: Uint8Array[] = []
    await decoder.decode(file, shown, indices, (pixels) => void pages.push(pixels))
    await throwIfCancelled(signal)
    if (pages.length === 0) throw new UnreadableVideo(file, reasons.noFrame)

    await mkdir(dirname(to), { recursive: true })
    await sharp(Buffer.concat(pages), {
      raw: { width: shown.width, height: shown.height * pages.length, channels: 3, pageHeight: shown.height },
    })
      .webp({
        quality: 70,
        effort: 2,
        loop: 0,
        delay: pages.map(() => Math.max(20, Math.round(video.durationMs / pages.length))),
      })
      .toFile(`${to}.tmp`)
    await rename(`${to}.tmp`, to)
    return { sizeBytes: (await stat(to)).size }
  } catch (cause) {
    throw cause instanceof UnreadableVideo ? cause.toStudioError() : cause
  }
}
