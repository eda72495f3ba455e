import type { HostTensor, NamedHostTensors, NamedSpecs } from '../tensor/host-tensor.ts'
import { refuse } from './refuse.ts'

/** A mask as index tensors: int32 [B, Nv] and [B, Nm], ascending. */
export interface MaskIndices {
  readonly visible: HostTensor
  readonly masked: HostTensor
}

/** Reads a mask [B, N], 1 = masked. Every sample must hide the same number of tokens. */
export function maskIndices(mask: HostTensor): MaskIndices {
  return { visible: indicesOf(mask, (value) => value === 0), masked: indicesOf(mask, (value) => value !== 0) }
}

/** MAE's mask of noise [B, N]: the `kept` tokens with the least noise stay visible. -> [B, N], 1 = masked. */
export function maskOfNoise({ shape, data }: HostTensor, kept: number): HostTensor {
  const [batch, tokens] = shape as [number, number]
  const mask = new Int32Array(data.length).fill(1)
  for (let sample = 0; sample < batch; sample++) {
    const noise = data.subarray(sample * tokens, (sample + 1) * tokens)
    const order = Array.from(noise.keys()).toSorted((a, b) => (noise[a] ?? 0) - (noise[b] ?? 0))
    for (const token of order.slice(0, kept)) mask[sample * tokens + token] = 0
  }
  return { shape, dtype: 'int32', data: mask }
}

/** Rows of [B, N, D] at indices [B, K] -> [B, K, D]. */
export function rowsAt({ shape, data }: HostTensor, indices: HostTensor): HostTensor {
  const [batch, tokens, width] = shape as [number, number, number]
  const count = indices.data.length / batch
  const rows = new Float32Array(batch * count * width)
  indices.data.forEach((token, place) => {
    const start = (Math.floor(place / count) * tokens + token) * width
    rows.set(data.subarray(start, start + width), place * width)
  })
  return { shape: [batch, count, width], dtype: 'float32', data: rows }
}

/** Reorders rows from visible first, then masked, to token order: [B, Nv + Nm, D] -> [B, N, D]. */
export function inRasterOrder({ shape, data }: HostTensor, { visible, masked }: MaskIndices): HostTensor {
  const [batch, tokens, width] = shape as [number, number, number]
  const ordered = new Float32Array(data.length)
  for (let sample = 0; sample < batch; sample++) {
    const places = [...rowOf(visible, sample), ...rowOf(masked, sample)]
    places.forEach((token, row) => {
      const start = (sample * tokens + row) * width
      ordered.set(data.subarray(start, start + width), (sample * tokens + token) * width)
    })
  }
  return { shape, dtype: 'float32', data: ordered }
}

/** Declares the tensors of a batch as inputs of a program. */
export const specsOf = (inputs: NamedHostTensors): NamedSpecs =>
  Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]))

function indicesOf({ shape, data }: HostTensor, isWanted: (value: number) => boolean): HostTensor {
  const [batch, tokens] = shape as [number, number]
  const rows = Array.from({ length: batch }, (_, sample) =>
    [...data.subarray(sample * tokens, (sample + 1) * tokens).entries()]
      .filter(([, value]) => isWanted(value))
      .map(([token]) => token),
  )
  const count = rows[0]?.length ?? 0
  if (count === 0) refuse('The mask hides all tokens of a sample or none')
  if (rows.some((row) => row.length !== count)) refuse('The mask hides more tokens of one sample than of another')
  return { shape: [batch, count], dtype: 'int32', data: Int32Array.from(rows.flat()) }
}

function rowOf({ shape, data }: HostTensor, sample: number): Iterable<number> {
  const count = shape[1] ?? 0
  return data.subarray(sample * count, (sample + 1) * count)
}
