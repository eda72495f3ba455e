import { draws } from '../data/random.ts'
import type { PlannedVideo, Recipe } from './recipe.ts'

/**
 * All videos of a recipe. Within each split the classes follow a Latin square of glyph x motion, so that every glyph
 * occurs equally often with every motion and neither predicts the other. The order of files is shuffled.
 */
export function planVideos(recipe: Recipe): PlannedVideo[] {
  const glyphs = Object.keys(recipe.glyphs)
  const cells = (['train', 'validation', 'test'] as const).flatMap((split) =>
    Array.from({ length: recipe.videos[split] }, (_, index) => {
      const round = Math.floor(index / glyphs.length)
      const glyph = index % glyphs.length
      return {
        split,
        glyph: itemAt(glyphs, glyph),
        motion: itemAt(recipe.motions, (glyph + round) % recipe.motions.length),
        rank: split === 'train' ? round + 1 : 0,
      }
    }),
  )
  const order = draws(recipe.seed, 'built-in-order').permutation(cells.length)
  return Array.from(order, (cell, file) => ({
    path: `videos/${String(file + 1).padStart(4, '0')}.mp4`,
    ...itemAt(cells, cell),
  }))
}

/**
 * Content of the `labels.csv` that the import reads; an empty cell is an unknown class. `appearance` and `motion` label
 * every video, `appearance-4` and `motion-4` four training videos per class and every video of the other splits.
 */
export function labelsCsv(videos: readonly PlannedVideo[], { labelsPerClass }: Pick<Recipe, 'labelsPerClass'>): string {
  const budgets = [Number.POSITIVE_INFINITY, ...labelsPerClass]
  const names = ['appearance', 'motion'].flatMap((name) => [name, ...labelsPerClass.map((count) => `${name}-${count}`)])
  const rows = videos.map(({ path, split, glyph, motion, rank }) =>
    [path, split, ...[glyph, motion].flatMap((label) => budgets.map((count) => (rank <= count ? label : '')))].join(
      ',',
    ),
  )
  return `${[['path', 'split', ...names].join(','), ...rows].join('\n')}\n`
}

function itemAt<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`no item ${index} of ${list.length}`)
  return item
}
