import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { z } from 'zod'
import type { MediaItem } from '#contract/domain/media.ts'
import type { frameStrip } from '#contract/domain/video-frames.ts'
import { checkpointFolder, runFiles } from '#contract/layout.ts'

export type StripRole = MediaItem['strips'][number]['role']

/** RGB frames [frames, size, size, 3] of one strip. */
export interface Strip {
  readonly role: StripRole
  readonly pixels: Uint8Array
}

/** Writes strips of square frames side by side as lossless WebP into the run's media folder. */
export async function writeStrips(
  runFolder: string,
  step: number,
  size: number,
  strips: readonly Strip[],
): Promise<MediaItem['strips']> {
  await mkdir(join(runFolder, runFiles.media), { recursive: true })
  return Promise.all(
    strips.map(async ({ role, pixels }) => {
      const path = `${runFiles.media}/${checkpointFolder(step)}-${role}.webp`
      const frames = pixels.length / (size * size * 3)
      await sharp(sideBySide(pixels, frames, size), { raw: { width: frames * size, height: size, channels: 3 } })
        .webp({ lossless: true, effort: 2 })
        .toFile(join(runFolder, path))
      return { role, path }
    }),
  )
}

/** RGB frames [frames, height, width, 3] side by side as lossless WebP in Base64, with the size of one frame. */
export async function stripOf(
  pixels: Uint8Array,
  frames: number,
  width: number,
  height: number,
): Promise<z.infer<typeof frameStrip>> {
  const picture = await sharp(sideBySide(pixels, frames, width, height), {
    raw: { width: frames * width, height, channels: 3 },
  })
    .webp({ lossless: true, effort: 0 })
    .toBuffer()
  return { width, height, webp: picture.toString('base64') }
}

/** [frames, height, width, 3] -> [height, frames x width, 3]. */
export function sideBySide(pixels: Uint8Array, frames: number, width: number, height = width): Uint8Array {
  const out = new Uint8Array(pixels.length)
  const row = width * 3
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < height; y++) {
      const from = (frame * height + y) * row
      out.set(pixels.subarray(from, from + row), (y * frames + frame) * row)
    }
  }
  return out
}
