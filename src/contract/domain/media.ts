import { z } from 'zod'

/** One horizontal strip of frames as an image file. The roles are in the order in which they are shown. */
const mediaStrip = z.object({
  role: z.enum(['input', 'masked', 'reconstruction', 'patch-mean']),
  /** Relative to the run's folder, e.g. `media/step-00000100-input.webp`; served at `media/runs/<run id>/<path>`. */
  path: z.string(),
})
/** Error of the student against one teacher per token, in the order time, row, column; null for visible tokens. */
const errorMap = z.object({ teacher: z.enum(['image', 'video']), values: z.array(z.number().nullable()) })

/** Picture of a run at one step: the masked clip with its reconstruction (teachers) or error maps (distillation). */
export const mediaItem = z.object({
  step: z.int(),
  kind: z.enum(['reconstruction', 'error-map']),
  /** Path of the video inside the dataset. */
  video: z.string(),
  /** Number of frames of a strip. */
  frames: z.int(),
  imageSize: z.int(),
  /** Tokens along time, rows and columns. */
  grid: z.tuple([z.int(), z.int(), z.int()]),
  /** 1 = masked, in token order. */
  mask: z.array(z.union([z.literal(0), z.literal(1)])),
  strips: z.array(mediaStrip),
  errorMaps: z.array(errorMap),
})
export type MediaItem = z.infer<typeof mediaItem>
