import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { h264 } from './readable.ts'
import { drawScene, type Scene } from './scene.ts'
import { writeVideo } from './write-video.ts'

export const videosPerClass = 12

/** Classes of the labelled set. Motion and background both tell them apart, so that a tiny model learns them in a few epochs. */
export const classNames = ['fall', 'roll'] as const
export type ClassName = (typeof classNames)[number]

const size = { width: 128, height: 96, frameCount: 73 }

/** Writes a folder of videos per class. */
export async function writeClasses(folder: string): Promise<void> {
  for (const name of classNames) {
    mkdirSync(join(folder, name))
    for (let index = 0; index < videosPerClass; index++) {
      const file = join(folder, name, `${name}-${String(index + 1).padStart(2, '0')}.mp4`)
      await writeVideo(file, scenes[name](index), h264)
    }
  }
}

const scenes: Record<ClassName, (index: number) => Scene> = {
  fall: (index) =>
    drawScene(
      size,
      [80 + 3 * index, 150, 110],
      (frame) => ({
        x: size.width * (0.2 + 0.05 * index),
        y: size.height * (0.1 + (0.8 * frame) / size.frameCount),
        radius: 12 + (index % 4),
        colour: [210, 60, 190],
      }),
      index,
    ),
  roll: (index) =>
    drawScene(
      size,
      [120 + 3 * index, 100, 150],
      (frame) => ({
        x: size.width * (0.1 + (0.8 * frame) / size.frameCount),
        y: size.height * (0.25 + 0.045 * index),
        radius: 12 + (index % 4),
        colour: [60, 190, 80],
      }),
      100 + index,
    ),
}
