import { recipe } from '../built-in-data/recipe.ts'
import { writeBuiltInDataset } from '../built-in-data/write.ts'
import { openEncoder } from '../video/encode/encoder.ts'
import type { Task } from './task.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

/** Writes the built-in dataset as video files with `labels.csv`. */
export const builtInDataset: Task<'built-in-dataset'> = async ({ directory }, report, signal) => {
  const videos = await writeBuiltInDataset(recipe, await openEncoder(), directory, async (done, total) => {
    await throwIfCancelled(signal)
    report({ done, total })
  })
  report({ done: videos, total: videos })
  return { videos }
}
