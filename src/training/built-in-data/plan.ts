import { draws } from '../data/random.ts'
import type { PlannedVideo, Recipe } from './recipe.ts'

/**
 * All videos of a recipe. Within each part the classes run through a Latin square of appearance x motion, so that every
 * appearance meets every motion equally often and neither tells anything of the other. The order of files is shuffled.
 */
export function planVideos(recipe: Recipe): PlannedVideo[] {
  const { unlabelled, train, validation, test } = recipe.videos
  const parts = [
    { count: unlabelled, split: 'train', isLabelled: false },
    { count: train, split: 'train', isLabelled: true },
    { count: validation, split: 'validation', isLabelled: true },
    { count: test, split: 'test', isLabelled: true },
  ] as const
  const appearances = recipe.shapes.flatMap((shape) => recipe.textures.map((texture) => ({ shape, texture })))
  const cells = parts.flatMap(({ count, split, isLabelled }) =>
    Array.from({ length: count }, (_, index) => {
      const round = Math.floor(index / appearances.length)
      const appearance = index % appearances.length
      return {
        split,
        isLabelled,
        ...at(appearances, appearance),
        motion: at(recipe.motions, (appearance + round) % recipe.motions.length),
      }
    }),
  )
  const order = draws(recipe.seed, 'built-in-order').permutation(cells.length)
  return Array.from(order, (cell, file) => ({
    path: `videos/${String(file + 1).padStart(4, '0')}.mp4`,
    ...at(cells, cell),
  }))
}

/** Label file that the import reads: an empty cell is a class that is not known. */
export function labelsCsv(videos: readonly PlannedVideo[]): string {
  const rows = videos.map(({ path, split, isLabelled, shape, texture, motion }) =>
    [path, split, isLabelled ? `${texture} ${shape}` : '', isLabelled ? motion : ''].join(','),
  )
  return `${['path,split,appearance,motion', ...rows].join('\n')}\n`
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`no item ${index} of ${list.length}`)
  return item
}
