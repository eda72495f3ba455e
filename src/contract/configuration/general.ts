import { z } from 'zod'
import { engineChoice, precision } from '../domain/engine.ts'
import './meta.ts'

/** What holds for every run of a pipeline. */
export const generalConfiguration = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .meta({ label: 'Seed', section: 'General', help: 'The same seed, data and engine give the same numbers.' }),
  engine: engineChoice.meta({
    label: 'Engine',
    section: 'General',
    help: 'How tensor code is executed. `auto` takes the fastest engine found on this machine.',
  }),
  precision: precision.default('float32').meta({
    label: 'Precision',
    section: 'General',
    help: 'Numbers that products of matrices are computed with. float16 is for graphics cards, where it takes less memory and on most less time; weights, sums and losses stay in float32, and steps whose gradients do not fit change nothing. Needs onnx-cuda or onnx-webgpu.',
  }),
  workers: z.int().min(0).max(64).default(1).meta({
    label: 'Workers',
    section: 'General',
    help: 'Parts of each batch that the compiled engine computes side by side on the processor; must divide the batch. 0 lets the launch choose. Another number gives other last digits; other engines compute a batch as a whole.',
  }),
  checkpointEveryEpochs: z.int().min(1).max(10_000).meta({
    label: 'Checkpoint every',
    unit: 'epochs',
    section: 'General',
    help: 'Distance between two checkpoints; the last step always writes one.',
  }),
  mediaEveryEpochs: z.int().min(1).max(10_000).meta({
    label: 'Picture every',
    unit: 'epochs',
    section: 'General',
    help: 'Distance between two reconstructions or error maps.',
  }),
})
export type GeneralConfiguration = z.infer<typeof generalConfiguration>
