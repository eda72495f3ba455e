import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { labelsCsv, planVideos } from '../data/built-in/plan.ts'
import { recipe } from '../data/built-in/recipe.ts'
import { renderVideo } from '../data/built-in/render.ts'
import { openEncoder } from '../video/encoder.ts'
import { stopWhenAsked } from './cancelled.ts'
import type { Task } from './task.ts'

/** Writes the built-in dataset. `labels.csv` comes last, so that a folder with it is complete. */
export const builtInDataset: Task<'built-in-dataset'> = async ({ directory }, report, signal) => {
  const encoder = await openEncoder()
  const videos = planVideos(recipe)
  const size = { width: recipe.size, height: recipe.size }
  await mkdir(join(directory, 'videos'), { recursive: true })
  for (const [index, video] of videos.entries()) {
    await stopWhenAsked(signal)
    await encoder.encode(join(directory, video.path), renderVideo(recipe, video, index), size, recipe.framesPerSecond)
    report({ done: index + 1, total: videos.length })
  }
  const labels = join(directory, 'labels.csv')
  await writeFile(`${labels}.tmp`, labelsCsv(videos))
  await rename(`${labels}.tmp`, labels)
  return { videos: videos.length }
}
