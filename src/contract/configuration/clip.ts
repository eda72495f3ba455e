import { z } from 'zod'
import './meta.ts'

/** Geometry of a clip, shared by every stage of a pipeline (method: 16 frames, stride 4, 224 px, tubelet 2, patch 16). */
export const clipConfiguration = z.strictObject({
  frames: z
    .int()
    .min(2)
    .max(128)
    .meta({ label: 'Frames', unit: 'frames', section: 'Clip', help: 'Frames in one clip.' }),
  frameStride: z.int().min(1).max(64).meta({
    label: 'Frame stride',
    unit: 'frames',
    section: 'Clip',
    help: 'Distance between two sampled frames; 4 means that every fourth frame is taken.',
  }),
  imageSize: z.int().min(16).max(1024).meta({
    label: 'Crop',
    unit: 'px',
    section: 'Clip',
    help: 'Width and height of the square crop that the models see.',
  }),
  patchSize: z.int().min(2).max(64).meta({
    label: 'Patch',
    unit: 'px',
    section: 'Clip',
    help: 'Width and height of one patch; must divide the crop.',
  }),
  tubeletSize: z.int().min(1).max(16).meta({
    label: 'Tubelet',
    unit: 'frames',
    section: 'Clip',
    help: 'Frames joined into one token; must divide the number of frames.',
  }),
})
export type ClipConfiguration = z.infer<typeof clipConfiguration>
