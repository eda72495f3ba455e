import { z } from 'zod'
import { importReport } from './import-report.ts'
import { type Split, splits } from './split.ts'
import { tableColumns } from './table-columns.ts'

const splitCounts = z.object({ train: z.int(), validation: z.int(), test: z.int() })

/** Labelled samples of a class by split, in the first split set. */
const previewedClass = splitCounts.extend({ label: z.string() })

/** Tables with the same header that name videos and that no format reads. */
const previewTable = z.object({
  files: z.array(z.string()),
  /** Names of the columns; the number of a column without a name. */
  header: z.array(z.string()),
  /** The first rows, as wide as the header. */
  rows: z.array(z.array(z.string())),
  /** The columns that the header and the first rows suggest. */
  suggestion: tableColumns,
})
export type PreviewTable = z.infer<typeof previewTable>

/** What an import of a folder would read from its names and lists. No video is opened, so broken ones are counted too. */
export const datasetPreview = importReport
  .pick({ source: true, drawing: true, drawn: true, leftOut: true, warnings: true, notes: true })
  .extend({
    /** Absolute, without links. */
    root: z.string(),
    videos: z.int(),
    /** Whether the videos are folders of numbered pictures, whose frame rate is chosen. */
    areFrames: z.boolean(),
    /** More than the videos if some have several parts. */
    samples: z.int(),
    labelSets: z.array(z.object({ name: z.string(), classes: z.array(previewedClass) })),
    splitSets: z.array(splitCounts.extend({ name: z.string() })),
    /** Listed files that cannot be used. */
    missing: z.object({
      count: z.int(),
      examples: z.array(z.object({ path: z.string(), reason: z.string() })),
    }),
    /** Tables of which the user may choose the columns. */
    tables: z.array(previewTable),
  })
export type DatasetPreview = z.infer<typeof datasetPreview>

/** Classes of a label set without a sample in a split that other classes have or that was to be drawn, by split. */
export const absentClasses = (
  { drawing }: Pick<DatasetPreview, 'drawing'>,
  classes: readonly z.infer<typeof previewedClass>[],
): { split: Split; labels: string[] }[] =>
  splits.flatMap((split) => {
    const isExpected = (drawing?.ratio[split] ?? 0) > 0 || classes.some((counts) => counts[split] > 0)
    const labels = classes.filter((counts) => counts[split] === 0).map(({ label }) => label)
    return isExpected && labels.length > 0 ? [{ split, labels }] : []
  })
