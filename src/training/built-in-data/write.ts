import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Encoder } from '../video/encode/encoder.ts'
import { labelsCsv, planVideos } from './plan.ts'
import type { Recipe } from './recipe.ts'
import { renderVideo } from './render.ts'

/**
 * Writes the videos of a recipe and `labels.csv` into `directory`; the same recipe gives the same bytes with the same
 * encoder. Calls `beforeVideo` with the number of written videos and their total; it may throw to stop. `labels.csv` is
 * written last, so that a folder with it is complete. Returns the number of videos.
 */
export async function writeBuiltInDataset(
  recipe: Recipe,
  encoder: Encoder,
  directory: string,
  beforeVideo: (done: number, total: number) => Promise<void>,
): Promise<number> {
  const videos = planVideos(recipe)
  const size = { width: recipe.size, height: recipe.size }
  await mkdir(join(directory, 'videos'), { recursive: true })
  for (const [index, video] of videos.entries()) {
    await beforeVideo(index, videos.length)
    await encoder.encode(join(directory, video.path), renderVideo(recipe, video, index), size, recipe.framesPerSecond)
  }
  const labels = join(directory, 'labels.csv')
  await writeFile(`${labels}.tmp`, labelsCsv(videos, recipe))
  await rename(`${labels}.tmp`, labels)
  return videos.length
}
