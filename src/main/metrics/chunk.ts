import {
  addBuckets,
  type BucketColumns,
  type Buckets,
  bucketize,
  emptyBuckets,
  type Points,
} from '#contract/domain/buckets.ts'

/** Points of a full chunk, and how many buckets its summary may have. */
export const chunkPoints = 4096
const summaryBuckets = 256
/** Buckets of the summary in one of the outline. */
const outlineFactor = 8

/** Consecutive points of a series in two blobs: every point, and a summary in buckets for wide views. */
export interface Chunk {
  first_step: number
  last_step: number
  count: number
  /** Width of the summary's buckets in steps. */
  width: number
  /** Float64, little-endian: starts, first, last, smallest and largest values. */
  buckets: Buffer
  /** Float64, little-endian: steps, then values; only values if the steps are evenly spaced. */
  points: Buffer
}

export function encodeChunk({ steps, values }: Points<number>): Chunk {
  const summary = bucketize({ steps, values }, summaryBuckets)
  return {
    first_step: steps[0] ?? 0,
    last_step: steps.at(-1) ?? 0,
    count: steps.length,
    width: summary.width,
    buckets: encodeBuckets(summary),
    points: encode(isEven(steps) ? [values] : [steps, values]),
  }
}

/** Width of a chunk's outline in steps. */
export const outlineWidth = (width: number): number => width * outlineFactor

/** The summary of a chunk in wider buckets, for views of long series: an eighth of its bytes. */
export function outlineOf(chunk: Pick<Chunk, 'width' | 'buckets'>): Buffer {
  const outline = emptyBuckets<number>(outlineWidth(chunk.width))
  addBuckets(outline, decodeBuckets(chunk.buckets))
  return encodeBuckets(outline)
}

export const encodeBuckets = ({ start, first, last, min, max }: Buckets<number>): Buffer =>
  encode([start, first, last, min, max])

export function decodePoints({ first_step, last_step, count, points }: PackedPoints): Points<number> {
  if (points.length > count * 8) {
    const [steps = [], values = []] = decode(points, 2)
    return { steps, values }
  }
  const [values = []] = decode(points, 1)
  const stride = (last_step - first_step) / Math.max(1, count - 1)
  return { steps: values.map((_, index) => first_step + index * stride), values }
}

/** What of a chunk holds its points. */
export type PackedPoints = Omit<Chunk, 'width' | 'buckets'>

/** The last point up to a step, which is not before the first, without decoding the others. */
export function pointAt(
  { first_step, last_step, count, points }: PackedPoints,
  step: number,
): { step: number; value: number } {
  const at = (index: number): number => points.readDoubleLE(index * Float64Array.BYTES_PER_ELEMENT)
  if (points.length <= count * Float64Array.BYTES_PER_ELEMENT) {
    const stride = Math.max(1, (last_step - first_step) / Math.max(1, count - 1))
    const index = Math.min(count - 1, Math.floor((step - first_step) / stride))
    return { step: first_step + index * stride, value: at(index) }
  }
  let [low, high] = [0, count - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (at(middle) <= step) low = middle
    else high = middle - 1
  }
  return { step: at(low), value: at(count + low) }
}

export function decodeBuckets(buckets: Buffer): BucketColumns<number> {
  const [start = none, first = none, last = none, min = none, max = none] = columns(buckets, 5)
  return { start, first, last, min, max }
}
const none = new Float64Array()

function isEven(steps: readonly number[]): boolean {
  const [first = 0, second = first] = steps
  return steps.every((step, index) => step === first + index * (second - first))
}

function encode(arrays: readonly (readonly number[])[]): Buffer {
  const numbers = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const array of arrays) {
    numbers.set(array, at)
    at += array.length
  }
  return Buffer.from(numbers.buffer)
}

const decode = (blob: Buffer, count: number): number[][] => columns(blob, count).map((column) => Array.from(column))

/** Views of equal length. The blob is copied if a view of it would not be aligned. */
function columns(blob: Buffer, count: number): Float64Array[] {
  const { buffer, byteOffset, length: bytes } = byteOffsetIsAligned(blob) ? blob : Uint8Array.from(blob)
  const numbers = new Float64Array(buffer, byteOffset, bytes / Float64Array.BYTES_PER_ELEMENT)
  const length = numbers.length / count
  return Array.from({ length: count }, (_, index) => numbers.subarray(index * length, (index + 1) * length))
}

const byteOffsetIsAligned = ({ byteOffset }: Buffer): boolean => byteOffset % Float64Array.BYTES_PER_ELEMENT === 0
