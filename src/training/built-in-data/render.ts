import { draws, type Draws } from '../data/random.ts'
import { pathOf } from './motion.ts'
import type { PlannedVideo, Recipe, Shape, Texture } from './recipe.ts'

type Colour = readonly [number, number, number]

/** Renders the RGB frames [size, size, 3] of video `index`: a textured shape on a background of smooth noise. */
export function renderVideo(recipe: Recipe, { shape, texture, motion }: PlannedVideo, index: number): Uint8Array[] {
  const { size, frames } = recipe
  const stream = draws(recipe.seed, 'built-in-video', index)
  const path = pathOf(stream, motion, recipe)
  const radius = recipe.radius[0] + (recipe.radius[1] - recipe.radius[0]) * stream.uniform()
  const angle = recipe.rotation * (2 * stream.uniform() - 1)
  const colours = shapeColours(stream)
  const background = renderBackground(stream, recipe)
  const backgroundBytes = Uint8Array.from(background, toByte)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]

  return Array.from({ length: frames }, (_, t) => {
    const pixels = backgroundBytes.slice()
    const [x, y, reach] = [path.x[t] ?? 0, path.y[t] ?? 0, radius * (path.scale[t] ?? 1)]
    const extent = Math.ceil(reach * 1.5)
    for (let row = Math.floor(y) - extent; row <= Math.floor(y) + extent; row++) {
      for (let column = Math.floor(x) - extent; column <= Math.floor(x) + extent; column++) {
        const dx = column + 0.5 - x
        const dy = row + 0.5 - y
        // In coordinates of the shape, in units of its radius: the texture moves, rotates and grows with it.
        const u = (dx * cos + dy * sin) / reach
        const v = (dy * cos - dx * sin) / reach
        const cover = Math.min(1, Math.max(0, 0.5 - distanceTo[shape](u, v) * reach))
        if (cover === 0) continue
        const colour = colours[patternAt[texture](u, v)]
        const at = (modulo(row, size) * size + modulo(column, size)) * 3
        pixels[at] = toByte((1 - cover) * (background[at] ?? 0) + cover * colour[0])
        pixels[at + 1] = toByte((1 - cover) * (background[at + 1] ?? 0) + cover * colour[1])
        pixels[at + 2] = toByte((1 - cover) * (background[at + 2] ?? 0) + cover * colour[2])
      }
    }
    return pixels
  })
}

/** Signed distance to the outline, in units of the radius; negative inside. */
const distanceTo: Record<Shape, (u: number, v: number) => number> = {
  disc: (u, v) => Math.hypot(u, v) - 0.9,
  square: (u, v) => Math.max(Math.abs(u), Math.abs(v)) - 0.8,
  triangle: (u, v) => Math.max(v - 0.6, 0.866 * Math.abs(u) - 0.5 * v - 0.55),
  cross: (u, v) =>
    Math.min(Math.max(Math.abs(u) - 1, Math.abs(v) - 0.36), Math.max(Math.abs(v) - 1, Math.abs(u) - 0.36)),
}

/** Which of the two colours a point of the shape has. */
const patternAt: Record<Texture, (u: number, v: number) => 0 | 1> = {
  stripes: (_, v) => (modulo(v * 2, 1) < 0.5 ? 0 : 1),
  checks: (u, v) => (modulo(u * 1.4, 1) < 0.5 === modulo(v * 1.4, 1) < 0.5 ? 0 : 1),
}

/** Two colours of one random hue, one light and one dark, so that the texture is visible on any background. */
function shapeColours(stream: Draws): readonly [Colour, Colour] {
  const hue = stream.uniform()
  return [fromHue(hue, 0.3, 1), fromHue(hue + 0.1 * (stream.uniform() - 0.5), 0.9, 0.1)]
}

/** Smooth noise in two octaves around a random colour of low saturation, seamless at the borders; values 0..1. */
function renderBackground(stream: Draws, { size, groundContrast, brightness }: Recipe): Float32Array {
  const base = fromHue(stream.uniform(), 0.25, 0.5 + brightness * stream.normal())
  const octaves = [4, 10].map((cells) => ({
    cells,
    lattice: Float64Array.from({ length: cells * cells }, () => stream.normal()),
  }))
  const background = new Float32Array(size * size * 3)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const noise = octaves.reduce(
        (sum, { cells, lattice }) => sum + interpolate(lattice, cells, (column * cells) / size, (row * cells) / size),
        0,
      )
      for (const channel of [0, 1, 2] as const)
        background[(row * size + column) * 3 + channel] = base[channel] + groundContrast * noise
    }
  }
  return background
}

/** Bilinear interpolation on a lattice that wraps around. */
function interpolate(lattice: Float64Array, cells: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const value = (column: number, row: number) => lattice[(row % cells) * cells + (column % cells)] ?? 0
  const upper = value(left, top) + (x - left) * (value(left + 1, top) - value(left, top))
  const lower = value(left, top + 1) + (x - left) * (value(left + 1, top + 1) - value(left, top + 1))
  return upper + (y - top) * (lower - upper)
}

/** RGB in 0..1 from hue, saturation and value (hue counts whole turns). */
function fromHue(hue: number, saturation: number, value: number): Colour {
  const channel = (n: number) => {
    const k = modulo(n + hue * 6, 6)
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)))
  }
  return [channel(5), channel(3), channel(1)]
}

const modulo = (value: number, period: number) => value - period * Math.floor(value / period)
const toByte = (value: number) => Math.round(255 * Math.min(1, Math.max(0, value)))
