import { z } from 'zod'
import { splitSetName } from '../domain/dataset.ts'
import { engineChoice, precision } from '../domain/engine.ts'
import './meta.ts'

/** Settings of every run of a pipeline. */
export const generalConfiguration = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .meta({ label: 'Seed', group: 'General', help: 'The same seed, data and engine give the same results.' }),
  engine: engineChoice.meta({
    label: 'Engine',
    group: 'General',
    help: 'Executes tensor code. auto selects the fastest engine of this machine.',
  }),
  precision: precision.default('float32').meta({
    label: 'Precision',
    group: 'General',
    help: 'Data type of matrix products. Half precision uses less memory and is usually faster. bfloat16 needs onnx-cuda and an NVIDIA card of compute capability 8.0 (Ampere) or newer; float16 also works on older cards and with onnx-webgpu, and skips steps whose gradients overflow. Weights, sums and losses stay in float32.',
  }),
  tf32: z.boolean().default(false).meta({
    label: 'TF32',
    group: 'General',
    help: 'Whether onnx-cuda computes float32 matrix products with 10 bits of precision instead of 23 (TF32), which is faster on NVIDIA cards since Ampere. Other engines ignore it.',
  }),
  workers: z.int().min(0).max(64).default(1).meta({
    label: 'Workers',
    group: 'General',
    help: 'Threads of onnx-cpu that each compute one shard of a batch. Must divide the batch size. 0 chooses at launch. Changing it changes results in the last bits. Other engines ignore it.',
  }),
  cards: z.int().min(1).max(16).default(1).meta({
    label: 'Graphics cards',
    group: 'General',
    help: 'NVIDIA cards that each compute one shard of a batch, with onnx-cuda. Must divide the batch size. A run with several cards keeps its weights in main memory, so two cards are not always faster than one. Changing it changes results in the last bits.',
  }),
  splitSet: splitSetName.default('default').meta({
    label: 'Split set',
    group: 'General',
    help: 'Which split of the dataset is used. UCF101 and HMDB51 have the official splits split-1 to split-3; a sweep over them gives the mean that papers report. Splits that were drawn again after the import are drawn-2 to drawn-9. The default is the only one of other datasets.',
  }),
  decodeTimeout: z.int().min(1).max(86_400).default(60).meta({
    label: 'Decoding timeout',
    unit: 's',
    group: 'General',
    help: 'How long a decoder may show no sign of life, besides 20 ms for each frame of its video. Then it is ended and the video tried once more; if that fails, too, the video is treated like a broken file. Raise it for videos on a slow disk or network share. It does not change results.',
  }),
  checkpointEveryEpochs: z.int().min(1).max(10_000).meta({
    label: 'Checkpoint every',
    unit: 'epochs',
    group: 'General',
    help: 'Interval between checkpoints. The last step always writes one.',
  }),
  mediaEveryEpochs: z.int().min(1).max(10_000).meta({
    label: 'Picture every',
    unit: 'epochs',
    group: 'General',
    help: 'Interval between reconstructions or error maps.',
  }),
})
