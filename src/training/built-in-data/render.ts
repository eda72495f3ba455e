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
  const reach = (between(stream, recipe.thickness) + fadePixels) / 2
  const stroke = drawColour(stream, between(stream, recipe.glyphBrightness), recipe.tint)
  const ground = renderGround(stream, recipe)
  const noise = new Noise(stream, recipe.noise)
  const squares = new Float32Array(size * size)
  return Array.from({ length: frames }, (_, t) => {
    squares.fill(reach * reach)
    measureSquares(squares, size, pieces, path.x[t] ?? 0, path.y[t] ?? 0, radius * (path.scale[t] ?? 1), reach)
    return blend(ground, stroke, squares, reach, noise)
  })
}

/** The pixels of a frame: the colour of the stroke where its edge is near, else the ground; and noise, the same in all channels. */
function blend(
  ground: Float32Array,
  [red, green, blue]: Colour,
  squares: Float32Array,
  reach: number,
  noise: Noise,
): Uint8Array {
  const pixels = new Uint8ClampedArray(ground.length)
  const far = reach * reach
  for (let pixel = 0, at = 0; pixel < squares.length; pixel++, at += 3) {
    const square = squares[pixel] ?? 0
    const grain = noise.next()
    if (square >= far) {
      pixels[at] = (ground[at] ?? 0) + grain
      pixels[at + 1] = (ground[at + 1] ?? 0) + grain
      pixels[at + 2] = (ground[at + 2] ?? 0) + grain
    } else {
      const cover = Math.min(1, (reach - Math.sqrt(square)) / fadePixels)
      const under = 1 - cover
      pixels[at] = under * (ground[at] ?? 0) + cover * red + grain
      pixels[at + 1] = under * (ground[at + 1] ?? 0) + cover * green + grain
      pixels[at + 2] = under * (ground[at + 2] ?? 0) + cover * blue + grain
    }
  }
  return new Uint8Array(pixels.buffer)
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
    const dx = x1 - x0
    const dy = y1 - y0
    const perLength = 1 / Math.max(1e-12, dx * dx + dy * dy)
    const left = Math.ceil(Math.min(x0, x1) - reach) | 0
    const right = Math.floor(Math.max(x0, x1) + reach) | 0
    const top = Math.ceil(Math.min(y0, y1) - reach) | 0
    const bottom = Math.floor(Math.max(y0, y1) + reach) | 0
    for (let row = top; row <= bottom; row++) {
      const start = (((row % size) + size) % size) * size
      const fromY = row - y0
      let wrapped = ((left % size) + size) % size
      for (let column = left; column <= right; column++) {
        const fromX = column - x0
        const along = Math.min(1, Math.max(0, (fromX * dx + fromY * dy) * perLength))
        const ex = fromX - along * dx
        const ey = fromY - along * dy
        const square = ex * ex + ey * ey
        const at = start + wrapped
        if (square < (squares[at] ?? 0)) squares[at] = square
        wrapped = wrapped + 1 === size ? 0 : wrapped + 1
      }
    }
  }
}

/** Channels of a colour, 0..255. */
type Colour = readonly [number, number, number]

/** A brightness (0..1) with a slight tint. */
function drawColour(stream: Draws, brightness: number, tint: number): Colour {
  const channel = () => 255 * brightness * (1 + tint * (2 * stream.uniform() - 1))
  return [channel(), channel(), channel()]
}

/** Colours [size, size, 3], 0..255, of three waves of random direction and length with one tint. */
function renderGround(stream: Draws, recipe: Recipe): Float32Array {
  const { size, groundContrast, groundFrequency } = recipe
  const brightness = new Float32Array(size * size).fill(between(stream, recipe.groundBrightness))
  for (let wave = 0; wave < 3; wave++) {
    const [fx, fy] = [groundFrequency * stream.normal(), groundFrequency * stream.normal()]
    const phase = 2 * Math.PI * stream.uniform()
    for (let row = 0, at = 0; row < size; row++)
      for (let column = 0; column < size; column++, at++)
        brightness[at] = (brightness[at] ?? 0) + groundContrast * Math.sin(fx * column + fy * row + phase)
  }
  const [red, green, blue] = drawColour(stream, 1, recipe.tint)
  const ground = new Float32Array(brightness.length * 3)
  for (const [pixel, value] of brightness.entries()) {
    ground[pixel * 3] = red * value
    ground[pixel * 3 + 1] = green * value
    ground[pixel * 3 + 2] = blue * value
  }
  return ground
}

/**
 * Noise that is nearly normal: the sum of the four bytes of a word of xorshift32. The stream's own normal numbers would take longer
 * than the rest of the picture, because there is one for each pixel of each frame.
 */
class Noise {
  #state: number
  readonly #scale: number

  /** @param deviation standard deviation; the full range of a pixel is 1 */
  constructor(stream: Draws, deviation: number) {
    this.#state = 1 + stream.integer(2 ** 31)
    this.#scale = (255 * deviation) / Math.sqrt((4 * (256 ** 2 - 1)) / 12)
  }

  next(): number {
    let word = this.#state
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    this.#state = word
    return this.#scale * ((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510)
  }
}
