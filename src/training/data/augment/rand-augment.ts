import type { Size } from '../geometry.ts'
import type { Draws } from '../random.ts'
import type { AffineMatrix, ClipOperation } from './operation.ts'

/** `rand-m7-n4-mstd0.5-inc1` is { operations: 4, magnitude: 7, deviation: 0.5 }. */
export interface RandAugmentSettings {
  /** Operations drawn for a clip. */
  readonly operations: number
  /** Strength, 0..10. */
  readonly magnitude: number
  /** Standard deviation of the strength. */
  readonly deviation: number
}

const strongest = 10
const probability = 0.5

/** The operation at a level from 0 to 1 for frames of a size; `sign` draws 1 or -1. */
type Operation = (level: number, sign: () => number, size: Size) => ClipOperation

/** The fifteen operations of the increasing set: each is stronger at a higher level. */
const operations: readonly Operation[] = [
  () => ({ kind: 'auto-contrast' }),
  () => ({ kind: 'equalize' }),
  () => ({ kind: 'invert' }),
  (level, sign, size) => ({ kind: 'affine', matrix: rotation(sign() * level * 30, size) }),
  (level) => ({ kind: 'posterize', bits: 4 - Math.floor(level * 4) }),
  (level) => ({ kind: 'solarize', threshold: 256 - Math.floor(level * 256) }),
  (level) => ({ kind: 'solarize-add', amount: Math.floor(level * 110) }),
  (level, sign) => ({ kind: 'color', factor: 1 + sign() * level * 0.9 }),
  (level, sign) => ({ kind: 'contrast', factor: 1 + sign() * level * 0.9 }),
  (level, sign) => ({ kind: 'brightness', factor: 1 + sign() * level * 0.9 }),
  (level, sign) => ({ kind: 'sharpness', factor: 1 + sign() * level * 0.9 }),
  (level, sign) => ({ kind: 'affine', matrix: [1, sign() * level * 0.3, 0, 0, 1, 0] }),
  (level, sign) => ({ kind: 'affine', matrix: [1, 0, 0, sign() * level * 0.3, 1, 0] }),
  (level, sign, { width }) => ({ kind: 'affine', matrix: [1, 0, sign() * level * 0.45 * width, 0, 1, 0] }),
  (level, sign, { height }) => ({ kind: 'affine', matrix: [1, 0, 0, 0, 1, sign() * level * 0.45 * height] }),
]

/**
 * Draws RandAugment for a clip (Cubuk et al. 2020, in the form of `rand-m7-n4-mstd0.5-inc1`): operations are drawn with
 * replacement, each is skipped with probability 0.5, and its strength is normal around `magnitude`, clamped to 0..10.
 */
export function drawRandAugment(draws: Draws, settings: RandAugmentSettings, size: Size): ClipOperation[] {
  const sign = () => (draws.uniform() < 0.5 ? -1 : 1)
  return Array.from({ length: settings.operations }, () => operations[draws.integer(operations.length)]).flatMap(
    (operation) => {
      if (operation === undefined || draws.uniform() >= probability) return []
      const magnitude = settings.magnitude + settings.deviation * draws.normal()
      return [operation(Math.min(strongest, Math.max(0, magnitude)) / strongest, sign, size)]
    },
  )
}

/** Rotates by `degrees` counter-clockwise around the centre. */
function rotation(degrees: number, { width, height }: Size): AffineMatrix {
  const angle = (-degrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const [x, y] = [width / 2, height / 2]
  return [cosine, sine, x - cosine * x - sine * y, -sine, cosine, y + sine * x - cosine * y]
}
