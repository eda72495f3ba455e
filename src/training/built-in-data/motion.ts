import { between, type Draws } from '../data/random.ts'
import type { Motion, Recipe } from './recipe.ts'

/** Position of a glyph in each frame: its centre in pixels, and its size. */
export interface Path {
  readonly x: Float64Array
  readonly y: Float64Array
  /** Factor on the radius, between 1 and the recipe's growth. */
  readonly scale: Float64Array
}

/**
 * Path of a motion. The size has the same distribution in every frame for all motions, and so has the place in the middle of the
 * video: only the change over the frames identifies the class.
 */
export function pathOf(draws: Draws, motion: Motion, recipe: Recipe): Path {
  const { size, frames, growth } = recipe
  const middle = { x: size * between(draws, recipe.place), y: size * between(draws, recipe.place) }
  const phase = 2 * Math.PI * draws.uniform()
  const step = between(draws, recipe.pixelsPerFrame)
  const circleRadius = between(draws, recipe.circleRadius)
  const circlePeriod = between(draws, recipe.circlePeriodFrames)
  const amplitude = between(draws, recipe.shakeAmplitude)
  const shakePeriod = between(draws, recipe.shakePeriodFrames)
  const shakeAngle = 2 * Math.PI * draws.uniform()
  const stage = draws.uniform()

  const offset = (t: number): readonly [x: number, y: number] => {
    const drift = step * (t - (frames - 1) / 2)
    const angle = phase + (2 * Math.PI * t) / circlePeriod
    switch (motion) {
      case 'left':
        return [-drift, 0]
      case 'right':
        return [drift, 0]
      case 'up':
        return [0, -drift]
      case 'down':
        return [0, drift]
      // Rows count downwards, so a growing angle rotates clockwise on the screen.
      case 'clockwise':
        return [circleRadius * Math.cos(angle), circleRadius * Math.sin(angle)]
      case 'anticlockwise':
        return [circleRadius * Math.cos(angle), -circleRadius * Math.sin(angle)]
      case 'grow':
        return [0, 0]
      case 'shake': {
        const along = amplitude * Math.sin(phase + (2 * Math.PI * t) / shakePeriod)
        return [along * Math.cos(shakeAngle), along * Math.sin(shakeAngle)]
      }
    }
  }
  const growthAt = (t: number) => (motion === 'grow' ? (stage + t / frames) % 1 : stage)
  const times = Array.from({ length: frames }, (_, t) => t)
  return {
    x: Float64Array.from(times, (t) => middle.x + offset(t)[0]),
    y: Float64Array.from(times, (t) => middle.y + offset(t)[1]),
    scale: Float64Array.from(times, (t) => 1 + (growth - 1) * growthAt(t)),
  }
}
