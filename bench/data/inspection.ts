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

/** A preview as the studio makes it. */
function animatedPicture(): Promise<Buffer> {
  const pixels = Buffer.alloc(size.width * size.height * frames * 3)
  for (let at = 0; at < pixels.length; at++) pixels[at] = ((at >> 6) * 13 + ((at * at) >> 11)) & 255
  const raw = { ...size, height: size.height * frames, channels: 3 as const, pageHeight: size.height }
  return sharp(pixels, { raw }).webp({ quality: 70, effort: 2, loop: 0 }).toBuffer()
}
