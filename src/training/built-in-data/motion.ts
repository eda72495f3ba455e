import { between, type Draws } from '../data/random.ts'
import type { Motion, Recipe } from './recipe.ts'

/** Position of a glyph in each frame: its centre on a ground that wraps around at the borders, and its size. */
export interface Path {
  readonly x: Float64Array
  readonly y: Float64Array
  /** Factor on the radius, between 1 and the recipe's growth. */
  readonly scale: Float64Array
}

/**
 * Path of a motion. Start and size are drawn so that in every single frame position and size have the same distribution for
 * all motions: only the order of frames identifies the class.
 */
export function pathOf(draws: Draws, motion: Motion, recipe: Recipe): Path {
  const { size, frames, growth } = recipe
  const start = { x: size * draws.uniform(), y: size * draws.uniform() }
  const phase = 2 * Math.PI * draws.uniform()
  const step = between(draws, recipe.pixelsPerFrame)
  const circleRadius = between(draws, recipe.circleRadius)
  const circlePeriod = between(draws, recipe.circlePeriodFrames)
  const amplitude = between(draws, recipe.shakeAmplitude)
  const shakePeriod = between(draws, recipe.shakePeriodFrames)
  const shakeAngle = 2 * Math.PI * draws.uniform()
  const stage = draws.uniform()

  const offset = (t: number): readonly [x: number, y: number] => {
    const angle = phase + (2 * Math.PI * t) / circlePeriod
    switch (motion) {
      case 'left':
        return [-step * t, 0]
      case 'right':
        return [step * t, 0]
      case 'up':
        return [0, -step * t]
      case 'down':
        return [0, step * t]
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
    x: Float64Array.from(times, (t) => wrap(start.x + offset(t)[0], size)),
    y: Float64Array.from(times, (t) => wrap(start.y + offset(t)[1], size)),
    scale: Float64Array.from(times, (t) => 1 + (growth - 1) * growthAt(t)),
  }
}

function wrap(value: number, size: number): number {
  return value - size * Math.floor(value / size)
}
