import { z } from 'zod'
import type { DatasetDetail } from './dataset-detail.ts'
import { classBalance, drawnSplitSetName, slug } from './dataset.ts'
import { splitDrawing } from './split-drawing.ts'
import { type Split, splits } from './split.ts'

const known: ReadonlySet<unknown> = new Set(splits)

/** There may be hundreds of thousands: a schema for each takes ten times as long. */
const isSplits = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((split) => known.has(split))

/** `datasets/<name>/split-sets/<set>.json`: a split that was drawn after the import. */
export const drawnSplitSet = z.object({
  version: z.literal(1),
  name: drawnSplitSetName,
  createdAt: z.string(),
  drawing: splitDrawing,
  /** Splits by sample. */
  splits: z.custom<Record<string, Split>>(isSplits, `Each sample needs one of ${splits.join(', ')}.`),
})
export type DrawnSplitSet = z.infer<typeof drawnSplitSet>

/** Draws the splits of a dataset again. */
export const splitRequest = z.object({
  name: slug,
  drawing: splitDrawing,
  /** The name of the split set; the next free one by default. */
  as: drawnSplitSetName.optional(),
})
export type SplitRequest = z.infer<typeof splitRequest>

/** A split set that was drawn again. */
export const drawnAgain = z.object({
  name: drawnSplitSetName,
  drawing: splitDrawing,
  /** Samples by class and split. */
  balance: z.array(classBalance),
})
export type DrawnAgain = z.infer<typeof drawnAgain>

/** Whether all splits of a dataset were drawn, so that they can be drawn again. */
export const isDrawn = ({ report, videoCount }: Pick<DatasetDetail, 'report' | 'videoCount'>): boolean =>
  report !== null && (report.source.format === 'folder-per-class' || (report.drawn ?? 0) >= videoCount)
