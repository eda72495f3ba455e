import { rename } from 'node:fs/promises'
import sharp from 'sharp'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { Task } from '#node/serve-task.ts'
import type { Decoder } from '../video/decode/decoder.ts'
import { openDecoder } from '../video/decode/open-decoder.ts'
import { reasons, UnreadableVideo } from '../video/decode/unreadable-video.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

/** Writes previews of videos, one after the other. */
export const preview: Task<'preview'> = async ({ videos, height, frameCount }, report, signal) => {
  const decoder = await openDecoder()
  let made = 0
  for (const { file, to, facts } of videos) {
    await throwIfCancelled(signal)
    try {
      await writePreview(decoder, { file, to, facts }, { height, frameCount })
      made += 1
      report({ file, problem: null })
    } catch (cause) {
      if (!(cause instanceof UnreadableVideo)) throw cause
      report({ file, problem: cause.message })
    }
  }
  return { made }
}

/** Writes frames spread evenly over the video, at its speed, as an animated WebP that repeats. */
async function writePreview(
  decoder: Decoder,
  { file, to, facts }: TaskInput<'preview'>['videos'][number],
  { height, frameCount: wanted }: { height: number; frameCount: number },
): Promise<void> {
  const frameCount = Math.min(wanted, facts.frameCount)
  const shown = {
    height: Math.min(height, facts.height),
    width: Math.max(1, Math.round((facts.width * Math.min(height, facts.height)) / facts.height)),
  }
  const indices = Array.from({ length: frameCount }, (_, k) => Math.floor((k * facts.frameCount) / frameCount))
  const pages: Uint8Array[] = []
  await decoder.decode(file, shown, indices, (pixels) => void pages.push(new Uint8Array(pixels)))
  if (pages.length === 0) throw new UnreadableVideo(file, reasons.noFrame)

  await sharp(Buffer.concat(pages), {
    raw: { width: shown.width, height: shown.height * pages.length, channels: 3, pageHeight: shown.height },
  })
    .webp({
      quality: 70,
      effort: 2,
      loop: 0,
      delay: pages.map(() => Math.max(20, Math.round(facts.durationMs / pages.length))),
    })
    .toFile(`${to}.tmp`)
  await rename(`${to}.tmp`, to)
}
