/** Element types of the tensors that the studio reads, as safetensors calls them, with the bytes of one element. */
export const dtypeBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const
export type Dtype = keyof typeof dtypeBytes

export const isDtype = (name: string): name is Dtype => Object.hasOwn(dtypeBytes, name)
export const isFloating = (dtype: Dtype): boolean =>
  dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16'

/** Bytes of a tensor of that shape: `Infinity` if the product overflows, zero if any size is zero. */
export const byteCount = (shape: readonly number[], elementBytes: number): number =>
  shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, elementBytes)

/** Little-endian bytes -> numbers, which may share memory with the bytes. 64-bit integers beyond 2^53 are rounded. */
export function decodeNumbers(bytes: Uint8Array, dtype: Dtype): Float64Array | Float32Array | Int32Array {
  const size = dtypeBytes[dtype]
  const count = bytes.byteLength / size
  // Typed arrays need an aligned start.
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, count)
  if (dtype === 'F64') return new Float64Array(buffer, byteOffset, count)
  if (dtype === 'I32') return new Int32Array(buffer, byteOffset, count)
  const read = readers[dtype]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = isFloating(dtype) ? new Float32Array(count) : new Float64Array(count)
  for (let index = 0; index < count; index++) values[index] = read(view, index * size)
  return values
}

const word = new DataView(new ArrayBuffer(4))

const readers: Record<Exclude<Dtype, 'F32' | 'F64' | 'I32'>, (view: DataView, offset: number) => number> = {
  F16: (view, offset) => halfToNumber(view.getUint16(offset, true)),
  BF16: (view, offset) => {
    word.setUint32(0, view.getUint16(offset, true) << 16)
    return word.getFloat32(0)
  },
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  I16: (view, offset) => view.getInt16(offset, true),
  I8: (view, offset) => view.getInt8(offset),
  U32: (view, offset) => view.getUint32(offset, true),
  U16: (view, offset) => view.getUint16(offset, true),
  U8: (view, offset) => view.getUint8(offset),
  BOOL: (view, offset) => view.getUint8(offset),
}

/** IEEE 754 half precision: 1 sign bit, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
