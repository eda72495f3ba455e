import { z } from 'zod'

/** Test with several views per video; the softmax of the views is averaged. */
export const evaluateConfiguration = z.strictObject({
  temporalViews: z.int().min(1).max(32).meta({ label: 'Clips per video', section: 'Views', help: 'Clips spread evenly over the video.' }),
  spatialViews: z.int().min(1).max(3).meta({ label: 'Crops per clip', section: 'Views', help: 'Crops along the long side of the frame.' }),
  batchSize: z.int().min(1).max(1024).meta({ label: 'Batch', unit: 'views', section: 'Views', help: 'Views computed at once.' }),
})
export type EvaluateConfiguration = z.infer<typeof evaluateConfiguration>
