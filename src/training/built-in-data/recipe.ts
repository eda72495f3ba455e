import { z } from 'zod'
import data from '../../../resources/built-in-dataset.json' with { type: 'json' }

const shapes = ['disc', 'square', 'triangle', 'cross'] as const
const textures = ['stripes', 'checks'] as const
export const motions = ['left', 'right', 'up', 'down', 'clockwise', 'anticlockwise', 'grow', 'shake'] as const
export type Shape = (typeof shapes)[number]
export type Texture = (typeof textures)[number]
export type Motion = (typeof motions)[number]

const range = z.tuple([z.number(), z.number()])
const recipeSchema = z.strictObject({
  seed: z.int(),
  /** Width and height in pixels; even, because H.264 stores colour at half the resolution. */
  size: z.int().multipleOf(2),
  frames: z.int().positive(),
  framesPerSecond: z.int().positive(),
  /** Numbers of videos. The unlabelled ones belong to the training split. */
  videos: z.object({ unlabelled: z.int(), train: z.int(), validation: z.int(), test: z.int() }),
  shapes: z.array(z.enum(shapes)),
  textures: z.array(z.enum(textures)),
  motions: z.array(z.enum(motions)),
  /** Pixels from the centre to the edge, before growth. */
  radius: range,
  /** Largest size over smallest: a growing shape has all sizes between, any other shape one of them. */
  growth: z.number().min(1),
  pixelsPerFrame: range,
  circleRadius: range,
  shakeAmplitude: range,
  shakePeriodFrames: range,
  /** Largest rotation of a shape, in radians. */
  rotation: z.number(),
  /** Standard deviation of the background's noise and of a video's brightness; the full range of a pixel is 1. */
  groundContrast: z.number(),
  brightness: z.number(),
})
export type Recipe = z.infer<typeof recipeSchema>

/** The recipe that ships with the studio. */
export const recipe: Recipe = recipeSchema.parse(data)

/** One video to render: its path in the dataset, its split and its two classes. */
export interface PlannedVideo {
  readonly path: string
  readonly split: 'train' | 'validation' | 'test'
  readonly isLabelled: boolean
  readonly shape: Shape
  readonly texture: Texture
  readonly motion: Motion
}
