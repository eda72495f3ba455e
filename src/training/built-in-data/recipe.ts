import { z } from 'zod'
import data from '../../../resources/built-in-dataset.json' with { type: 'json' }

export const motions = ['left', 'right', 'up', 'down', 'clockwise', 'anticlockwise', 'grow', 'shake'] as const
export type Motion = (typeof motions)[number]

const range = z.tuple([z.number(), z.number()])
const point = z.tuple([z.number(), z.number()])

const recipeSchema = z.strictObject({
  seed: z.int(),
  /** Width and height in pixels; even, because H.264 stores colour at half the resolution. */
  size: z.int().multipleOf(2),
  frames: z.int().positive(),
  framesPerSecond: z.int().positive(),
  /** Number of videos of each split. */
  videos: z.object({ train: z.int(), validation: z.int(), test: z.int() }),
  /** Further label sets with so many labelled training videos per class; the labels of a smaller one are among those of a larger one. */
  labelsPerClass: z.array(z.int().positive()),
  /** Each glyph as strokes: lists of points, connected by straight lines, between -1 and 1. */
  glyphs: z.record(z.string(), z.array(z.array(point).min(2)).min(1)),
  motions: z.array(z.enum(motions)),
  /** Pixels from the centre of a glyph to the ends of its strokes, before growth. */
  radius: range,
  /** Largest size over smallest: a growing glyph has all sizes between, any other glyph one of them. */
  growth: z.number().min(1),
  /** Width of the strokes in pixels. It does not grow. */
  thickness: range,
  /** Largest rotation in radians and largest shear, to either side; factors on width and height. */
  rotation: z.number(),
  shear: z.number(),
  stretch: range,
  /** Amplitude of the elastic distortion, and standard deviation of its angular frequencies; lengths in units of the radius. */
  elastic: z.number(),
  elasticFrequency: z.number(),
  /** Centre of a glyph in the middle of its video, as a share of the size. */
  place: range,
  pixelsPerFrame: range,
  circleRadius: range,
  circlePeriodFrames: range,
  shakeAmplitude: range,
  shakePeriodFrames: range,
  /** Brightness of strokes and ground; the full range of a pixel is 1. */
  glyphBrightness: range,
  groundBrightness: range,
  /** Amplitude of each of the three waves of the ground, and standard deviation of their angular frequencies per pixel. */
  groundContrast: z.number(),
  groundFrequency: z.number(),
  /** Standard deviation of the noise of each pixel in each frame. */
  noise: z.number(),
  /** Largest deviation of a colour channel from grey, as a share of the brightness. */
  tint: z.number(),
})
export type Recipe = z.infer<typeof recipeSchema>

/** The recipe that ships with the studio. */
export const recipe: Recipe = recipeSchema.parse(data)

/** One video to render: its path in the dataset, its split and its two classes. */
export interface PlannedVideo {
  readonly path: string
  readonly split: 'train' | 'validation' | 'test'
  readonly glyph: string
  readonly motion: Motion
  /** How many labelled training videos per class a label set needs at least to include this one; 0 outside the training split. */
  readonly rank: number
}
