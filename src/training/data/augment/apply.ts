import type { FrameStack } from '../resize.ts'
import { transformed } from './affine.ts'
import { type Frame, greys, saturate, sharpen } from './blend.ts'
import type { ClipOperation } from './operation.ts'
import {
  contrasted,
  contrastStretched,
  equalized,
  inverted,
  posterized,
  solarized,
  solarizedAfterAdding,
  type Table,
} from './tone.ts'

/** Applies operations, one after the other, to each frame of a clip. Does not change the given pixels. */
export function applyOperations(frames: FrameStack, operations: readonly ClipOperation[]): FrameStack {
  if (operations.length === 0) return frames
  const data = new Uint8Array(frames.data)
  const { width, height } = frames
  const size = width * height * 3
  for (let frame = 0; frame < frames.frameCount; frame++) {
    const own = { data: data.subarray(frame * size, (frame + 1) * size), width, height }
    for (const operation of operations) apply(own, operation)
  }
  return { ...frames, data }
}

/** Changes one frame in place. */
function apply(frame: Frame, operation: ClipOperation): void {
  switch (operation.kind) {
    case 'auto-contrast':
      return replaceByHistogram(frame, contrastStretched)
    case 'equalize':
      return replaceByHistogram(frame, equalized)
    case 'invert':
      return replace(frame, inverted())
    case 'posterize':
      return replace(frame, posterized(operation.bits))
    case 'solarize':
      return replace(frame, solarized(operation.threshold))
    case 'solarize-add':
      return replace(frame, solarizedAfterAdding(operation.amount))
    case 'color':
      return saturate(frame, operation.factor)
    case 'contrast':
      return replace(frame, contrasted(meanGrey(frame), operation.factor))
    case 'brightness':
      return replace(frame, contrasted(0, operation.factor))
    case 'sharpness':
      return sharpen(frame, operation.factor)
    case 'affine':
      return frame.data.set(transformed(frame, operation.matrix))
  }
}

function meanGrey(frame: Frame): number {
  const values = greys(frame)
  return Math.trunc(values.reduce((sum, value) => sum + value, 0) / values.length + 0.5)
}

function replace({ data }: Frame, table: Table): void {
  for (let index = 0; index < data.length; index++) data[index] = table[data[index] ?? 0] ?? 0
}

/** Replaces each channel by a table made from its own histogram. */
function replaceByHistogram({ data }: Frame, tableOf: (histogram: Uint32Array) => Table): void {
  for (let channel = 0; channel < 3; channel++) {
    const histogram = new Uint32Array(256)
    for (let index = channel; index < data.length; index += 3)
      histogram[data[index] ?? 0] = (histogram[data[index] ?? 0] ?? 0) + 1
    const table = tableOf(histogram)
    for (let index = channel; index < data.length; index += 3) data[index] = table[data[index] ?? 0] ?? 0
  }
}
