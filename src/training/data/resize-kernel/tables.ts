import type { Taps } from '../taps.ts'

/** Taps of one axis, as the kernel reads them. */
interface SumTable {
  readonly bytes: Uint8Array
  /** Pairs of taps of each output pixel; those beyond its own weigh nothing. */
  readonly pairs: number
}

const precisionBits = 22
/** Fractional bits in the low part of a weight. */
const lowBits = 11

/** Taps in integers with 22 fractional bits, `distanceBytes` between two inputs. */
export function sumTable(taps: Taps, distanceBytes: number): SumTable {
  const pairs = Math.ceil(taps.count.reduce((most, count) => Math.max(most, count), 1) / 2)
  const numbers = new Int32Array(taps.first.length * (1 + 2 * pairs))
  let at = 0
  for (const [output, first] of taps.first.entries()) {
    const count = taps.count[output] ?? 0
    const weightAt = (k: number) => (k < count ? fixedPoint(taps.weights[output * taps.stride + k] ?? 0) : 0)
    numbers[at++] = first * distanceBytes
    for (let k = 0; k < 2 * pairs; k += 2) {
      const [weight, next] = [weightAt(k), weightAt(k + 1)]
      numbers[at++] = twoHalves(weight >> lowBits, next >> lowBits)
      numbers[at++] = twoHalves(weight & lowMask, next & lowMask)
    }
  }
  return { bytes: new Uint8Array(numbers.buffer), pairs }
}

/** Bilinear taps in double precision, `distanceBytes` between two inputs. */
export function mixTable(taps: Taps, distanceBytes: number): Uint8Array {
  const weights = new Float64Array(taps.first.length * 2)
  const offsets = new Int32Array(weights.buffer)
  for (const [output, first] of taps.first.entries()) {
    const next = taps.count[output] === 2 ? first + 1 : first
    offsets[output * 4] = first * distanceBytes
    offsets[output * 4 + 1] = next * distanceBytes
    weights[output * 2 + 1] = taps.weights[output * 2 + 1] ?? 0
  }
  return new Uint8Array(weights.buffer)
}

const lowMask = (1 << lowBits) - 1

const fixedPoint = (weight: number) => Math.trunc(weight * (1 << precisionBits) + (weight < 0 ? -0.5 : 0.5))

/** Two numbers of 16 bits, the first in the lower half. */
const twoHalves = (first: number, second: number) => (first & 0xffff) | (second << 16)
