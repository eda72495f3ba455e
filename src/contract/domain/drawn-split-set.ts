import { z } from 'zod'
import type { DatasetDetail } from './dataset-detail.ts'
import { classBalance, drawnSplitSetName, slug } from './dataset.ts'
import { splitDrawing } from './split-drawing.ts'
import { splitSchema } from './split.ts'

/** `datasets/<name>/split-sets/<set>.json`: a split that was drawn after the import. */
export const drawnSplitSet = z.object({
  version: z.literal(1),
  name: drawnSplitSetName,
  createdAt: z.string(),
  drawing: splitDrawing,
  /** Splits by sample. */
  splits: z.record(z.string(), splitSchema),
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
