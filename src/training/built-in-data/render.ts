import { between, draws, type Draws } from '../data/random.ts'
import { drawGlyph } from './glyph.ts'
import { pathOf } from './motion.ts'
import type { PlannedVideo, Recipe } from './recipe.ts'

/** Width in pixels over which the edge of a stroke fades. */
const fadePixels = 1.2

/** Renders the RGB frames [size, size, 3] of video `index`: a bright glyph that moves over a dark ground of waves. */
export function renderVideo(recipe: Recipe, { glyph, motion }: PlannedVideo, index: number): Uint8Array[] {
  const { size, frames } = recipe
  const stream = draws(recipe.seed, 'built-in-video', index)
  const path = pathOf(stream, motion, recipe)
  const pieces = drawGlyph(stream, glyph, recipe)
  const radius = between(stream, recipe.radius)
  const reach = between(stream, recipe.thickness) / 2 + fadePixels / 2
  const strokeColour = drawColour(stream, between(stream, recipe.glyphBrightness), recipe.tint)
  const ground = renderGround(stream, recipe)
  const groundColour = drawColour(stream, 1, recipe.tint)
  const noise = openNoise(stream, recipe.noise)

  const squares = new Float32Array(size * size)
  return Array.from({ length: frames }, (_, t) => {
    squares.fill(Number.POSITIVE_INFINITY)
    measureSquares(squares, size, pieces, path.x[t] ?? 0, path.y[t] ?? 0, radius * (path.scale[t] ?? 1), reach)
    const pixels = new Uint8Array(size * size * 3)
    for (let pixel = 0, to = 0; pixel < squares.length; pixel++) {
      const square = squares[pixel] ?? 0
      const cover = square >= reach * reach ? 0 : Math.min(1, (reach - Math.sqrt(square)) / fadePixels)
      const under = (1 - cover) * (ground[pixel] ?? 0)
      const grain = noise()
      for (let channel = 0; channel < 3; channel++) {
        const value = under * (groundColour[channel] ?? 0) + cover * (strokeColour[channel] ?? 0) + grain
        pixels[to++] = value <= 0 ? 0 : value >= 1 ? 255 : (value * 255 + 0.5) | 0
      }
    }
    return pixels
  })
}

/**
 * Lowers `squares` to the squared distances between the centres of pixels and the pieces of a glyph, as far as they are within
 * `reach` pixels. The glyph wraps around at the borders.
 */
function measureSquares(
  squares: Float32Array,
  size: number,
  pieces: Float32Array,
  x: number,
  y: number,
  radius: number,
  reach: number,
): void {
  for (let piece = 0; piece < pieces.length; piece += 4) {
    const x0 = x + radius * (pieces[piece] ?? 0) - 0.5
    const y0 = y + radius * (pieces[piece + 1] ?? 0) - 0.5
    const x1 = x + radius * (pieces[piece + 2] ?? 0) - 0.5
    const y1 = y + radius * (pieces[piece + 3] ?? 0) - 0.5
    const [dx, dy] = [x1 - x0, y1 - y0]
    const perLength = 1 / Math.max(1e-12, dx * dx + dy * dy)
    const [left, right] = [Math.ceil(Math.min(x0, x1) - reach), Math.floor(Math.max(x0, x1) + reach)]
    const [top, bottom] = [Math.ceil(Math.min(y0, y1) - reach), Math.floor(Math.max(y0, y1) + reach)]
    for (let row = top; row <= bottom; row++) {
      const start = modulo(row, size) * size
      for (let column = left; column <= right; column++) {
        const along = Math.min(1, Math.max(0, ((column - x0) * dx + (row - y0) * dy) * perLength))
        const [ex, ey] = [column - x0 - along * dx, row - y0 - along * dy]
        const at = start + modulo(column, size)
        const square = ex * ex + ey * ey
        if (square < (squares[at] ?? 0)) squares[at] = square
      }
    }
  }
}

/** Brightness [size, size] of three waves of random direction and length. */
function renderGround(stream: Draws, recipe: Recipe): Float32Array {
  const { size, groundContrast, groundFrequency } = recipe
  const ground = new Float32Array(size * size).fill(between(stream, recipe.groundBrightness))
  for (let wave = 0; wave < 3; wave++) {
    const [fx, fy] = [groundFrequency * stream.normal(), groundFrequency * stream.normal()]
    const phase = 2 * Math.PI * stream.uniform()
    for (let row = 0, at = 0; row < size; row++)
      for (let column = 0; column < size; column++, at++)
        ground[at] = (ground[at] ?? 0) + groundContrast * Math.sin(fx * column + fy * row + phase)
  }
  return ground
}

/** RGB of a brightness with a slight tint. */
function drawColour(stream: Draws, brightness: number, tint: number): Float32Array {
  return Float32Array.from({ length: 3 }, () => brightness * (1 + tint * (2 * stream.uniform() - 1)))
}

/**
 * Noise that is nearly normal: the sum of the four bytes of a word (mulberry32, because it takes a twentieth of the time of the stream's
 * normal numbers, and there is one for each pixel of each frame).
 */
function openNoise(stream: Draws, deviation: number): () => number {
  let state = stream.integer(2 ** 32)
  const scale = deviation / Math.sqrt((4 * (256 ** 2 - 1)) / 12)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    word ^= word >>> 14
    return scale * ((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510)
  }
}

const modulo = (value: number, period: number) => ((value % period) + period) % period
