import type { Task } from '#node/serve-task.ts'
import { recipe } from '../built-in-data/recipe.ts'
import { writeBuiltInDataset } from '../built-in-data/write.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

/** Writes the built-in dataset as video files with `labels.csv`. */
export const builtInDataset: Task<'built-in-dataset'> = async ({ directory }, report, signal) => {
  await throwIfCancelled(signal)
  const videos = await writeBuiltInDataset(recipe, directory, {
    report: (done, total) => report({ done, total }),
    signal,
  })
  return { videos }
}
