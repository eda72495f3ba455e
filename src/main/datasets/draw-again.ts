import { StudioError } from '#contract/api/errors.ts'
import { classNameOf, drawnSplitSets, type DatasetManifest } from '#contract/domain/dataset.ts'
import type { DrawnSplitSet } from '#contract/domain/drawn-split-set.ts'
import type { SplitDrawing } from '#contract/domain/split-drawing.ts'
import type { Annotation } from './formats/format.ts'
import { classDepthOf } from './import.ts'
import { IntegrityFile } from './integrity/records.ts'
import type { CopiedVideo } from './split-groups.ts'
import { drawSplits } from './split.ts'

/**
 * Draws the splits of a dataset again, as a further split set.
 * @param as its name; the next free one by default
 * @param copies for a grouping by near duplicates
 * @throws StudioError `already-exists` if the name is taken or none is free, `bad-request` that names the field of an impossible drawing
 */
export function drawAgain(
  { name, report, labelSets, videos, samples, splitSets }: DatasetManifest,
  drawing: SplitDrawing,
  as?: DrawnSplitSet['name'],
  copies: readonly CopiedVideo[] = [],
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
  const { splits } = drawSplits(annotations, drawing, report === undefined ? 0 : classDepthOf(report.source), copies)
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

/**
 * Copies and near duplicates among the videos of a dataset, as its verification found them.
 * @param folder of the dataset in the workspace
 * @throws StudioError `bad-request` if not all videos were decoded and compared
 */
export function knownCopies(folder: string, name: string): CopiedVideo[] {
  const { comparison } = new IntegrityFile(folder).read()
  if (comparison?.nearDuplicates === undefined)
    throw new StudioError(
      'bad-request',
      `drawing.groupBy: near duplicates of the dataset ${name} are not known, since its videos were not all decoded and compared.`,
      `Verify the dataset first: dataset verify ${name}.`,
    )
  return [...comparison.repeated, ...comparison.nearDuplicates]
}
