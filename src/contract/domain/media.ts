import { z } from 'zod'

/** One horizontal strip of frames as an image file. Roles as the screen shows them from top to bottom. */
export const mediaStrip = z.object({
  role: z.enum(['input', 'masked', 'reconstruction', 'patch-mean']),
  /** Relative to the run's folder, e.g. `media/step-00000100-input.webp`; served at `media/runs/<run id>/<path>`. */
  path: z.string(),
})
/** Per-token error of the student against one teacher; tokens in order time, row, column; null where visible. */
export const errorMap = z.object({ teacher: z.enum(['image', 'video']), values: z.array(z.number().nullable()) })

/** What a run shows of itself at one step: the masked clip with its reconstruction (stage 1) or error maps (stage 2). */
export const mediaItem = z.object({
  step: z.int(),
  kind: z.enum(['reconstruction', 'error-map']),
  /** Path of the video inside the dataset. */
  video: z.string(),
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
