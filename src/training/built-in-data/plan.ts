import { draws } from '../data/random.ts'
import type { PlannedVideo, Recipe } from './recipe.ts'

/**
 * All videos of a recipe. Within each group the classes follow a Latin square of appearance x motion, so that every
 * appearance occurs equally often with every motion and neither predicts the other. The order of files is shuffled.
 */
export function planVideos(recipe: Recipe): PlannedVideo[] {
  const { unlabelled, train, validation, test } = recipe.videos
  const groups = [
    { count: unlabelled, split: 'train', isLabelled: false },
    { count: train, split: 'train', isLabelled: true },
    { count: validation, split: 'validation', isLabelled: true },
    { count: test, split: 'test', isLabelled: true },
  ] as const
  const appearances = recipe.shapes.flatMap((shape) => recipe.textures.map((texture) => ({ shape, texture })))
  const cells = groups.flatMap(({ count, split, isLabelled }) =>
    Array.from({ length: count }, (_, index) => {
      const round = Math.floor(index / appearances.length)
      const appearance = index % appearances.length
      return {
        split,
        isLabelled,
        ...itemAt(appearances, appearance),
        motion: itemAt(recipe.motions, (appearance + round) % recipe.motions.length),
      }
    }),
  )
  const order = draws(recipe.seed, 'built-in-order').permutation(cells.length)
  return Array.from(order, (cell, file) => ({
    path: `videos/${String(file + 1).padStart(4, '0')}.mp4`,
    ...itemAt(cells, cell),
  }))
}

/** Content of the `labels.csv` that the import reads: an empty cell is an unknown class. */
export function labelsCsv(videos: readonly PlannedVideo[]): string {
  const rows = videos.map(({ path, split, isLabelled, shape, texture, motion }) =>
    [path, split, isLabelled ? `${texture} ${shape}` : '', isLabelled ? motion : ''].join(','),
  )
  return `${['path,split,appearance,motion', ...rows].join('\n')}\n`
}

function itemAt<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`no item ${index} of ${list.length}`)
  return item
}
