import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

export interface FrameFolderSettings {
  readonly width?: number
  readonly height?: number
  readonly nameOf?: (index: number) => string
  /** Makes the pictures of two folders different. */
  readonly tone?: number
}

export const rawframeName = (index: number): string => `img_${String(index + 1).padStart(5, '0')}.jpg`

/** Writes numbered pictures with a gradient that moves, as their endings say, and returns the folder. */
export async function writeFrameFolder(
  folder: string,
  count: number,
  { width = 48, height = 32, nameOf = rawframeName, tone = 0 }: FrameFolderSettings = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true })
  for (let index = 0; index < count; index++) {
    const pixels = Buffer.alloc(width * height * 3)
    for (let at = 0; at < width * height; at++) {
      pixels[3 * at] = (5 * (at % width) + 20 * index) % 256
      pixels[3 * at + 1] = (7 * Math.floor(at / width)) % 256
      pixels[3 * at + 2] = tone
    }
    const picture = sharp(pixels, { raw: { width, height, channels: 3 } })
    const name = nameOf(index)
    const file = join(folder, name)
    writeFileSync(file, await (name.endsWith('.png') ? picture.png() : picture.jpeg({ quality: 95 })).toBuffer())
  }
  return folder
}
