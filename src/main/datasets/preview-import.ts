import type { DatasetPreview } from '#contract/domain/dataset-preview.ts'
import { defaultSplitSet } from '#contract/domain/dataset.ts'
import { defaultDrawing, type SplitDrawing } from '#contract/domain/split-drawing.ts'
import type { Annotation } from './formats/format.ts'
import { choosableTables } from './formats/index.ts'
import { previewTable } from './formats/tables.ts'
import { classDepthOf, filesMissing, type ImportRequest, leftOutOf, openFolder } from './import.ts'
import { countLeftOut } from './left-out.ts'
import { drawSplits, officialSplitSets, splitIn } from './split.ts'

const missingExamples = 5

/** What a preview cannot know of a drawing. */
const unknownDuplicates = (drawing: SplitDrawing | undefined): string[] =>
  drawing?.groupBy.by === 'near-duplicates'
    ? ['Near duplicates are found when the videos are decoded. The counts of the splits may change then.']
    : []

/**
 * What an import of a folder would read, without opening a video.
 * @throws StudioError as the import does
 */
export function previewImport(request: Omit<ImportRequest, 'name'>): DatasetPreview {
  const { folder, read } = openFolder(request, true)
  const { annotations } = read
  const missing = filesMissing(read)
  const { splits, drawn, warnings } = drawSplits(annotations, request.drawing, classDepthOf(read.source))
  const official = officialSplitSets(annotations)
  const count = (chosen: readonly Annotation[], set = official[0]) => {
    const counts = { train: 0, validation: 0, test: 0 }
    for (const annotation of chosen) {
      const split = splitIn(set, annotation, splits)
      if (split !== undefined) counts[split] += 1
    }
    return counts
  }
  const names = [...new Set(annotations.flatMap(({ labels }) => Object.keys(labels)))]
  return {
    root: folder.root,
    source: read.source,
    areFrames: folder.frameCounts !== undefined,
    ...(drawn === 0 ? {} : { drawing: request.drawing ?? defaultDrawing, drawn }),
    videos: new Set(annotations.map(({ path }) => path)).size,
    samples: annotations.length,
    labelSets: names.map((name) => {
      const byClass = Map.groupBy(annotations, ({ labels }) => labels[name] ?? null)
      const classes = [...byClass].flatMap(([label, labelled]) =>
        label === null ? [] : [{ label, ...count(labelled) }],
      )
      return { name, classes: classes.toSorted((a, b) => (a.label < b.label ? -1 : 1)) }
    }),
    splitSets: (official.length === 0 ? [undefined] : official).map((set) => ({
      name: set ?? defaultSplitSet,
      ...count(annotations, set),
    })),
    missing: {
      count: missing.length,
      examples: missing.slice(0, missingExamples).map(({ path, reason }) => ({ path, reason })),
    },
    tables: choosableTables(folder, read).map(previewTable),
    leftOut: countLeftOut(leftOutOf(folder, read)),
    warnings: [...read.warnings, ...warnings, ...unknownDuplicates(request.drawing)],
    notes: [...read.notes],
  }
}
