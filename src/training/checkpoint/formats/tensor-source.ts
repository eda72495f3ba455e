import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import { byteCount, type Dtype, dtypeBytes } from './dtypes.ts'
import type { TensorEntry, TensorFile } from './tensor-file.ts'

/** A tensor to be written. `read` is called once and returns little-endian row-major bytes. */
export interface TensorSource {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  read(): Promise<Uint8Array>
}

/** Tensors in host memory as sources. */
export function tensorSources(tensors: NamedHostTensors): TensorSource[] {
  return Object.entries(tensors).map(([name, { shape, dtype, data }]) => ({
    name,
    dtype: dtype === 'float32' ? 'F32' : 'I32',
    shape,
    read: async () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }))
}

/** Tensors of an open file as sources, in its order and precision. */
export const fileSources = (file: TensorFile): TensorSource[] =>
  file.entries.map(({ name, dtype, shape }: TensorEntry) => ({
    name,
    dtype,
    shape,
    read: () => file.readBytes({ name }),
  }))

export const sourceBytes = ({ shape, dtype }: TensorSource): number => byteCount(shape, dtypeBytes[dtype])

/** The bytes of a source. @throws Error if their number does not match its shape and type */
export async function readSource(source: TensorSource): Promise<Uint8Array> {
  const bytes = await source.read()
  if (bytes.byteLength !== sourceBytes(source))
    throw new Error(`The tensor ${source.name} has ${bytes.byteLength} bytes instead of ${sourceBytes(source)}.`)
  return bytes
}
