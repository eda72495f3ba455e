import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { HostTensor, TensorSpec } from '../tensor/host-tensor.ts'
import type { Mask } from './masks.ts'

/** A batch of normalised clips [batch, 3, frames, size, size]. */
export const clipSpec = (
  batch: number,
  clip: Pick<ClipConfiguration, 'frames' | 'imageSize'>,
  size = clip.imageSize,
): TensorSpec => floatSpec([batch, 3, clip.frames, size, size])
export const floatSpec = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' })
export const indexSpec = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'int32' })

export const floatTensor = (shape: readonly number[], data: Float32Array): HostTensor => ({
  shape,
  dtype: 'float32',
  data,
})

/** Masks of a batch as the index tensors `visible` [batch, Nv] and `masked` [batch, Nm]. */
export function maskTensors(masks: readonly Mask[]): { visible: HostTensor; masked: HostTensor } {
  return { visible: stack(masks.map((mask) => mask.visible)), masked: stack(masks.map((mask) => mask.masked)) }
}

function stack(rows: readonly Int32Array[]): HostTensor {
  const width = rows[0]?.length ?? 0
  const data = new Int32Array(rows.length * width)
  rows.forEach((row, index) => data.set(row, index * width))
  return { shape: [rows.length, width], dtype: 'int32', data }
}

/** The single number in an output of a step. */
export const scalarOf = (tensor: HostTensor | undefined): number => tensor?.data[0] ?? Number.NaN
