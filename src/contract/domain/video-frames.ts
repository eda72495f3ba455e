import { z } from 'zod'
import { slug } from './dataset.ts'

/** Frames side by side as one picture. */
export const frameStrip = z.object({
  /** Size of one frame in pixels. */
  width: z.int(),
  height: z.int(),
  /** WebP in Base64. */
  webp: z.string(),
})

/** Frames of a page at most: a WebP picture is at most 16,383 pixels wide. */
export const maxPageFrames = 24

/** Consecutive frames of a video of a dataset. */
export const framesRequest = z.object({
  dataset: slug,
  /** Id of the video. */
  video: z.string(),
  from: z.int().min(0),
  count: z.int().min(1).max(maxPageFrames),
})
export type FramesRequest = z.infer<typeof framesRequest>

/** The frames that a decoder found, from `from` on: fewer than were asked for at the end of the video. */
export const framesPage = frameStrip.extend({ from: z.int(), count: z.int() })
export type FramesPage = z.infer<typeof framesPage>
