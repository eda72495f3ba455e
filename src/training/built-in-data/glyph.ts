import { between, type Draws } from '../data/random.ts'
import type { Recipe } from './recipe.ts'

/** Pieces of a straight line, so that the elastic distortion bends it. */
const piecesPerLine = 5

/**
 * The strokes of a glyph, distorted at random: elastically, then by stretch, shear and rotation. Returns the ends of straight
 * pieces as [x0, y0, x1, y1, ...], around the origin in units of the radius. Strokes that meet still meet.
 */
export function drawGlyph(draws: Draws, glyph: string, recipe: Recipe): Float32Array {
  const strokes = recipe.glyphs[glyph]
  if (strokes === undefined) throw new RangeError(`the recipe has no glyph ${glyph}`)
  const angle = recipe.rotation * (2 * draws.uniform() - 1)
  const shear = recipe.shear * (2 * draws.uniform() - 1)
  const [width, height] = [between(draws, recipe.stretch), between(draws, recipe.stretch)]
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const wave = () => {
    const [fx, fy] = [recipe.elasticFrequency * draws.normal(), recipe.elasticFrequency * draws.normal()]
    const phase = 2 * Math.PI * draws.uniform()
    return (x: number, y: number) => recipe.elastic * Math.sin(fx * x + fy * y + phase)
  }
  const [bendX, bendY] = [wave(), wave()]
  const place = (x: number, y: number): readonly [number, number] => {
    const v = height * (y + bendY(x, y))
    const u = width * (x + bendX(x, y)) + shear * v
    return [cos * u - sin * v, sin * u + cos * v]
  }

  const pieces: number[] = []
  for (const points of strokes) {
    for (const [index, [x1, y1]] of points.entries()) {
      const [x0, y0] = points[index - 1] ?? [x1, y1]
      if (index === 0) continue
      const at = (share: number) => place(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
      for (let piece = 0; piece < piecesPerLine; piece++)
        pieces.push(...at(piece / piecesPerLine), ...at((piece + 1) / piecesPerLine))
    }
  }
  return Float32Array.from(pieces)
}
