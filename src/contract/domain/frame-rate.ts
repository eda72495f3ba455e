import { z } from 'zod'

export const frameRateLimits = { least: 0.1, most: 1000 } as const
export const defaultFrameRate = 30

/** Frames per second of the videos of an import whose frames are numbered pictures, which do not say it. */
export const frameRate = z
  .number()
  .min(frameRateLimits.least, `Choose at least ${frameRateLimits.least} frames per second.`)
  .max(frameRateLimits.most, `Choose at most ${frameRateLimits.most} frames per second.`)
