import { z } from 'zod'
import '../configuration/meta.ts'
import { defineStage } from './definition.ts'

const configuration = z.strictObject({
  temporalViews: z
    .int()
    .min(1)
    .max(32)
    .meta({ label: 'Clips per video', group: 'Views', help: 'Clips spread evenly over the video.' }),
  spatialViews: z
    .int()
    .min(1)
    .max(3)
    .meta({ label: 'Crops per clip', group: 'Views', help: 'Crops along the long side of the frame.' }),
  sampling: z.enum(['dense', 'segments']).default('dense').meta({
    label: 'Frame sampling',
    group: 'Views',
    help: 'Must be that of fine-tuning. dense spreads windows of every stride-th frame over the video; segments samples the middle frames of equal segments.',
  }),
  viewAverage: z.enum(['softmax', 'logits']).default('softmax').meta({
    label: 'View averaging',
    group: 'Views',
    help: 'softmax averages probabilities, as MVD does. logits averages scores before the softmax, as VideoMAE did until commit 2254c5e.',
  }),
  batchSize: z
    .int()
    .min(1)
    .max(1024)
    .meta({ label: 'Batch size', unit: 'views', group: 'Views', help: 'Views computed at once.' }),
})
export type EvaluateConfiguration = z.infer<typeof configuration>

/** Test of a classifier with several views per video, whose scores are averaged. */
export const evaluate = defineStage({
  name: 'evaluate',
  title: 'Test',
  summary: 'Measures accuracy on the test split.',
  configuration,
  trains: false,
  layout: null,
  sees: 'clips',
  counts: 'views',
  makesPictures: false,
  labelledSplits: ['test'],
  headline: ['test/top1'],
  inputs: () => [
    {
      role: 'model',
      use: 'test',
      sources: [{ stage: 'finetune' }, { chosen: 'model' }],
      agreesOn: ['sampling'],
    },
  ],
  model() {
    throw new Error('A test makes no model.')
  },
  rules() {},
})
