import { z } from 'zod'

/** Test with several views per video, whose scores are averaged. */
export const evaluateConfiguration = z.strictObject({
  temporalViews: z
    .int()
    .min(1)
    .max(32)
    .meta({ label: 'Clips per video', section: 'Views', help: 'Clips spread evenly over the video.' }),
  spatialViews: z
    .int()
    .min(1)
    .max(3)
    .meta({ label: 'Crops per clip', section: 'Views', help: 'Crops along the long side of the frame.' }),
  sampling: z.enum(['dense', 'segments']).default('dense').meta({
    label: 'Frame sampling',
    section: 'Views',
    help: 'As in fine-tuning: dense spreads windows of every stride-th frame over the video, segments takes the middles of equal parts of it.',
  }),
  viewAverage: z.enum(['softmax', 'logits']).default('softmax').meta({
    label: 'Average of the views',
    section: 'Views',
    help: 'softmax averages probabilities, as MVD does; logits averages class scores before the softmax, as VideoMAE did until its commit 2254c5e.',
  }),
  batchSize: z
    .int()
    .min(1)
    .max(1024)
    .meta({ label: 'Batch', unit: 'views', section: 'Views', help: 'Views computed at once.' }),
})
export type EvaluateConfiguration = z.infer<typeof evaluateConfiguration>
