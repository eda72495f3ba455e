import { z } from 'zod'
import './meta.ts'

/** Geometry of a clip, shared by every stage of a pipeline. Published: 16 frames, stride 4, 224 px, tubelets of 2 frames, patches of 16 px. */
export const clipConfiguration = z.strictObject({
  frames: z.int().min(2).max(128).meta({ label: 'Frames', unit: 'frames', group: 'Clip', help: 'Frames per clip.' }),
  frameStride: z.int().min(1).max(64).meta({
    label: 'Frame stride',
    unit: 'frames',
    group: 'Clip',
    help: 'Distance between two sampled frames. 4 samples every fourth frame.',
  }),
  imageSize: z.int().min(16).max(1024).meta({
    label: 'Image size',
    unit: 'px',
    group: 'Clip',
    help: 'Width and height of the square crop that the models see.',
  }),
  patchSize: z.int().min(2).max(64).meta({
    label: 'Patch size',
    unit: 'px',
    group: 'Clip',
    help: 'Width and height of a patch. Must divide the image size.',
  }),
  tubeletSize: z.int().min(1).max(16).meta({
    label: 'Tubelet size',
    unit: 'frames',
    group: 'Clip',
    help: 'Frames per tubelet, that is, per token. Must divide the number of frames.',
  }),
})
export type ClipConfiguration = z.infer<typeof clipConfiguration>
