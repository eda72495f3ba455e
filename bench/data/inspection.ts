import { linkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Video } from '#contract/domain/dataset.ts'
import { IntegrityFile } from '#main/datasets/integrity/records.ts'
import { linksPerFile } from './workspace.ts'

const size = { width: 284, height: 160 }
const frames = 24

/** Gives each video of a dataset a preview, and what a verification finds: one in a hundred is stored rotated. */
export async function addInspection(datasets: string, name: string, videos: readonly Video[]): Promise<void> {
  const folder = join(datasets, name)
  const preview = await animatedPicture()
  let source = ''
  for (const [index, { id }] of videos.entries()) {
    const file = join(folder, `${id}.webp`)
    if (index % linksPerFile !== 0) linkSync(source, file)
    else {
      source = file
      writeFileSync(file, preview)
    }
  }
  const file = new IntegrityFile(folder)
  file.add(
    videos.map(({ path, frameCount, sizeBytes, modifiedAtMs }, index) => ({
      file: {
        path,
        sizeBytes,
        modifiedAtMs,
        isDecoded: true,
        frameCount,
        traits: { pixelFormat: 'yuv420p', isRotated: index % 100 === 0 },
      },
    })),
  )
  file.add([{ comparison: { repeated: [], nearDuplicates: [], notListed: [] } }])
}

/**
 * A preview as the studio makes it. Its pages have details of three sizes and take 10 KB each; photographs of this size take 3.5 to 15,
 * noise of each pixel 27.
 */
async function animatedPicture(): Promise<Buffer> {
  const { width } = size
  const height = size.height * frames
  const details = await Promise.all([2, 8, 32].map((sizePixels) => squares(sizePixels, width, height)))
  const pixels = Buffer.alloc(width * height * 3)
  for (const values of details)
    for (const [at, value] of values.entries()) pixels[at] = (pixels[at] ?? 0) + value / details.length
  return sharp(pixels, { raw: { width, height, channels: 3, pageHeight: size.height } })
    .webp({ quality: 70, effort: 2, loop: 0 })
    .toBuffer()
}

/** Smoothed squares of pseudo-random colours. */
function squares(sizePixels: number, width: number, height: number): Promise<Buffer> {
  const raw = { width: Math.ceil(width / sizePixels), height: Math.ceil(height / sizePixels), channels: 3 as const }
  const colours = Buffer.alloc(raw.width * raw.height * 3)
  let state = sizePixels
  for (let at = 0; at < colours.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    colours[at] = state >>> 24
  }
  return sharp(colours, { raw }).resize(width, height, { fit: 'fill' }).raw().toBuffer()
}
