/** For each output pixel along one axis: the first input pixel, their number, and their weights. */
export interface Taps {
  readonly first: Int32Array
  readonly count: Int32Array
  /** `stride` weights for each output pixel. */
  readonly weights: Float64Array
  readonly stride: number
}

/** A filter of an antialiased resize; `support` is its radius in output pixels. */
interface Kernel {
  readonly support: number
  weight(distance: number): number
}

const linear: Kernel = { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) }

/** Keys' cubic with a = -1/2. */
const cubic: Kernel = {
  support: 2,
  weight(distance) {
    const x = Math.abs(distance)
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
  },
}
const kernels = { linear, cubic }

/**
 * Weights of an antialiased resize of the pixels [start, start + length) to `outputs` pixels: the kernel is widened by
 * the reduction, and only pixels that overlap the interval are read.
 */
export function antialiasedTaps(start: number, length: number, outputs: number, kernelName: 'linear' | 'cubic'): Taps {
  const kernel = kernels[kernelName]
  const [low, high] = pixelsOverlapping(start, length)
  const scale = length / outputs
  const widening = Math.max(1, scale)
  const support = kernel.support * widening
  const taps = emptyTaps(outputs, Math.ceil(support) * 2 + 1)
  for (let output = 0; output < outputs; output++) {
    const centre = start + (output + 0.5) * scale
    const weightAt = (pixel: number) => kernel.weight((pixel - centre + 0.5) / widening)
    let first = Math.max(low, Math.floor(centre - support + 0.5))
    let end = Math.min(high, Math.floor(centre + support + 0.5))
    while (first < end - 1 && weightAt(first) === 0) first += 1
    while (first < end - 1 && weightAt(end - 1) === 0) end -= 1
    const at = output * taps.stride
    let sum = 0
    for (let k = 0; k < end - first; k++) {
      const weight = weightAt(first + k)
      taps.weights[at + k] = weight
      sum += weight
    }
    for (let k = 0; k < end - first; k++) taps.weights[at + k] = (taps.weights[at + k] ?? 0) / sum
    taps.first[output] = first
    taps.count[output] = end - first
  }
  return taps
}

/** Weights of plain bilinear interpolation between pixel centres (no antialias, edges repeated). */
export function bilinearTaps(start: number, length: number, outputs: number): Taps {
  const [low, high] = pixelsOverlapping(start, length)
  const taps = emptyTaps(outputs, 2)
  for (let output = 0; output < outputs; output++) {
    const position = Math.min(high - 1, Math.max(low, start + ((output + 0.5) * length) / outputs - 0.5))
    const first = Math.min(Math.floor(position), Math.max(low, high - 2))
    taps.first[output] = first
    taps.count[output] = Math.min(2, high - low)
    taps.weights.set([1 - (position - first), position - first], output * 2)
  }
  return taps
}

/** The same taps with mirrored outputs. */
export function mirrored(taps: Taps): Taps {
  const outputs = taps.first.length
  const { stride } = taps
  const weights = new Float64Array(taps.weights.length)
  for (let output = 0; output < outputs; output++)
    for (let k = 0; k < stride; k++)
      weights[output * stride + k] = taps.weights[(outputs - 1 - output) * stride + k] ?? 0
  return { first: taps.first.toReversed(), count: taps.count.toReversed(), weights, stride }
}

/** Whole pixels that overlap an interval, up to rounding errors of its ends. */
function pixelsOverlapping(start: number, length: number): [low: number, high: number] {
  return [Math.floor(start + 1e-6), Math.ceil(start + length - 1e-6)]
}

function emptyTaps(outputs: number, stride: number): Taps {
  return {
    first: new Int32Array(outputs),
    count: new Int32Array(outputs),
    weights: new Float64Array(outputs * stride),
    stride,
  }
}
