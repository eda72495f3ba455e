import type { Box } from './geometry.ts'
import { type Draws, draws } from './random.ts'

const attempts = 10
const [smallest, largest] = [0.02, 1 / 3]
const [flattest, tallest] = [0.3, 3.3]

/**
 * Box of random erasing (Zhong et al. 2020) in a square of `size` pixels: area uniform in 0.02..1/3 of it, aspect (height /
 * width) log-uniform in 0.3..3.3. Undefined if ten such boxes do not fit.
 */
export function drawErasedBox(draws: Draws, size: number): Box | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = size * size * (smallest + (largest - smallest) * draws.uniform())
    const aspect = flattest * (tallest / flattest) ** draws.uniform()
    const height = Math.round(Math.sqrt(area * aspect))
    const width = Math.round(Math.sqrt(area / aspect))
    if (height < 1 || width < 1 || height >= size || width >= size) continue
    return { x: draws.integer(size - width + 1), y: draws.integer(size - height + 1), width, height }
  }
  return undefined
}

/** Random erasing of the clip at one position of an optimizer step, which its random numbers depend on, beside the seed. */
export interface Erasing {
  readonly probability: number
  readonly seed: number
  readonly step: number
  readonly position: number
}

/** Erases a box of a normalised clip [3, frames, size, size] in place, or none. */
export function eraseClip(clip: Float32Array, size: number, { probability, seed, step, position }: Erasing): void {
  randomlyErase(draws(seed, 'random-erasing', step, position, 0), clip, size, probability)
}

/**
 * With the given probability fills one box of a normalised clip [3, frames, size, size] in place with standard normal noise:
 * the same box in every frame, other noise in each.
 */
export function randomlyErase(draws: Draws, clip: Float32Array, size: number, probability: number): void {
  if (probability === 0 || draws.uniform() >= probability) return
  const box = drawErasedBox(draws, size)
  if (box === undefined) return
  for (let plane = 0; plane < clip.length; plane += size * size) {
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let x = box.x; x < box.x + box.width; x++) clip[plane + y * size + x] = draws.normal()
    }
  }
}
