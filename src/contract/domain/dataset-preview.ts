import { z } from 'zod'
import { importReport } from './import-report.ts'

const splitCounts = z.object({ train: z.int(), validation: z.int(), test: z.int() })

/** Labelled samples of a class by split, in the first split set. */
const previewedClass = splitCounts.extend({ label: z.string() })

/** What an import of a folder would read from its names and lists. No video is opened, so broken ones are counted too. */
export const datasetPreview = importReport.pick({ source: true, leftOut: true, warnings: true, notes: true }).extend({
  /** Absolute, without links. */
  root: z.string(),
  videos: z.int(),
  /** More than the videos if some have several parts. */
  samples: z.int(),
  labelSets: z.array(z.object({ name: z.string(), classes: z.array(previewedClass) })),
  splitSets: z.array(splitCounts.extend({ name: z.string() })),
  /** Listed files that cannot be used. */
  missing: z.object({
    count: z.int(),
    examples: z.array(z.object({ path: z.string(), reason: z.string() })),
  }),
})
export type DatasetPreview = z.infer<typeof datasetPreview>
