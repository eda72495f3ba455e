import { z } from 'zod'
import { stageSchema } from '../stages/index.ts'
import { slug } from './dataset.ts'
import { frameStrip } from './video-frames.ts'

/** Which clips of a sample are asked for: as a run takes them, or as a preset would. */
export const seenClipRequest = z.object({
  dataset: slug,
  sample: z.string(),
  /** Settings of a run, with its seed; or those of a stage of a preset. */
  of: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('run'), id: z.string() }),
    z.object({
      kind: z.literal('preset'),
      name: slug,
      stage: stageSchema,
      /** Instead of the seed of the preset. */
      seed: z.int().min(0).optional(),
      /** Label set of fine-tuning and the test. */
      labels: slug.optional(),
    }),
  ]),
  /** Counted from 1. A test, which takes the same views every time, has none. */
  epoch: z.int().min(1),
})
export type SeenClipRequest = z.infer<typeof seenClipRequest>

const seenView = z.object({
  /** Step of the run and position among the samples of the step, both counted from 1. */
  step: z.int(),
  position: z.int(),
  /** Which view of a test it is, counted from 1; null in a stage that trains. */
  view: z.object({ clip: z.int(), clips: z.int(), crop: z.int(), crops: z.int() }).nullable(),
  /** Numbers of the frames in the video, counted from 0. */
  frames: z.array(z.int()),
  /** Crop as shares of the width and height of the frame. */
  crop: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
  isFlipped: z.boolean(),
  /** Names of the operations of RandAugment, in order. */
  operations: z.array(z.string()),
  /** Whole frames. */
  original: frameStrip,
  /** What the model takes, before normalisation. */
  seen: frameStrip,
  /** The same with masked tokens: dark if they are predicted, black if the decoder leaves them out. Null without a mask. */
  masked: frameStrip.nullable(),
})
export type SeenView = z.infer<typeof seenView>

export const seenClip = z.object({
  stage: stageSchema,
  seed: z.int(),
  epoch: z.int(),
  stepsPerEpoch: z.int(),
  /** Every time that the epoch takes the sample; none if it is left out with the last partial step. */
  views: z.array(seenView),
  /** Share of the tokens that is masked; null without a mask. */
  maskedShare: z.number().nullable(),
})
export type SeenClip = z.infer<typeof seenClip>
