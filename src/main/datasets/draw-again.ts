import { StudioError } from '#contract/api/errors.ts'
import { classNameOf, drawnSplitSets, type DatasetManifest } from '#contract/domain/dataset.ts'
import type { DrawnSplitSet } from '#contract/domain/drawn-split-set.ts'
import type { SplitDrawing } from '#contract/domain/split-drawing.ts'
import type { Annotation } from './formats/format.ts'
import { classDepthOf } from './import.ts'
import { drawSplits } from './split.ts'

/**
 * Draws the splits of a dataset again, as a further split set.
 * @param as its name; the next free one by default
 * @throws StudioError `already-exists` if the name is taken or none is free, `bad-request` that names the field of an impossible drawing
 */
export function drawAgain(
  { name, report, labelSets, videos, samples, splitSets }: DatasetManifest,
  drawing: SplitDrawing,
  as?: DrawnSplitSet['name'],
): DrawnSplitSet {
  const taken = new Set(splitSets.map((set) => set.name))
  const set = as ?? drawnSplitSets.find((one) => !taken.has(one))
  if (set === undefined || taken.has(set))
    throw new StudioError(
      'already-exists',
      set === undefined
        ? `The dataset ${name} has all split sets up to ${drawnSplitSets.at(-1)}.`
        : `The dataset ${name} already has a split set called ${set}.`,
      set === undefined
        ? 'Import the folder again under another name.'
        : `Choose one of ${drawnSplitSets.filter((one) => !taken.has(one)).join(', ')}.`,
    )
  const [labelSet] = labelSets
  const paths = new Map(videos.map(({ id, path }) => [id, path]))
  const annotations = samples.map(({ video, labels }): Annotation => {
    const label = labelSet === undefined ? null : classNameOf({ labels }, labelSet)
    return { path: paths.get(video) ?? video, split: null, labels: { class: label } }
  })
  const { splits } = drawSplits(annotations, drawing, report === undefined ? 0 : classDepthOf(report.source))
  return {
    version: 1,
    name: set,
    createdAt: new Date().toISOString(),
    drawing,
    splits: Object.fromEntries(
      samples.map(({ id, video }) => [id, splits.get(paths.get(video) ?? video) ?? 'train'] as const),
    ),
  }
}
