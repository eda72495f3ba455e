import { shown } from '../invalid-file.ts'
import { type CallTools, kindOf, PickleCallable, PickleObject, type PickleValue } from './pickle/values.ts'

/** `numpy.dtype`, as far as it is needed for numbers saved with the weights: a learning rate, an epoch, a best accuracy. */
class NumpyDtype extends PickleObject {
  readonly className = 'numpy.dtype'
  readonly code: string
  isLittleEndian = true

  constructor(code: string) {
    super()
    this.code = code
  }

  /** (version, byte order, ...): `>` for big-endian, anything else for the byte order of this machine, or none. */
  override setState(state: PickleValue): boolean {
    if (!Array.isArray(state)) return false
    this.isLittleEndian = state[1] !== '>'
    return true
  }
}

const scalars: Readonly<
  Record<string, { sizeBytes: number; read: (view: DataView, isLittleEndian: boolean) => PickleValue }>
> = {
  f8: { sizeBytes: 8, read: (view, isLittleEndian) => view.getFloat64(0, isLittleEndian) },
  f4: { sizeBytes: 4, read: (view, isLittleEndian) => view.getFloat32(0, isLittleEndian) },
  i8: { sizeBytes: 8, read: (view, isLittleEndian) => whole(view.getBigInt64(0, isLittleEndian)) },
  u8: { sizeBytes: 8, read: (view, isLittleEndian) => whole(view.getBigUint64(0, isLittleEndian)) },
  i4: { sizeBytes: 4, read: (view, isLittleEndian) => view.getInt32(0, isLittleEndian) },
  u4: { sizeBytes: 4, read: (view, isLittleEndian) => view.getUint32(0, isLittleEndian) },
  i2: { sizeBytes: 2, read: (view, isLittleEndian) => view.getInt16(0, isLittleEndian) },
  u2: { sizeBytes: 2, read: (view, isLittleEndian) => view.getUint16(0, isLittleEndian) },
  i1: { sizeBytes: 1, read: (view) => view.getInt8(0) },
  u1: { sizeBytes: 1, read: (view) => view.getUint8(0) },
  b1: { sizeBytes: 1, read: (view) => view.getUint8(0) !== 0 },
}

const whole = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

function dtype([code]: readonly PickleValue[], { refuse }: CallTools): PickleValue {
  if (typeof code !== 'string' || !Object.hasOwn(scalars, code))
    throw refuse(`holds a numpy value of the unsupported type ${typeof code === 'string' ? shown(code) : kindOf(code)}`)
  return new NumpyDtype(code)
}

function scalar([type, bytes]: readonly PickleValue[], { refuse }: CallTools): PickleValue {
  const kind = type instanceof NumpyDtype ? scalars[type.code] : undefined
  if (
    !(type instanceof NumpyDtype) ||
    kind === undefined ||
    !(bytes instanceof Uint8Array) ||
    bytes.byteLength !== kind.sizeBytes
  ) {
    throw refuse('holds a numpy number whose bytes do not fit its type')
  }
  return kind.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), type.isLittleEndian)
}

/** Protocol 2 writes bytes as a string of the same character codes. */
function encode([text, encoding]: readonly PickleValue[], { refuse, spend }: CallTools): PickleValue {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1'))
    throw refuse('encodes something other than bytes as a string')
  spend(text.length)
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

export const numpyGlobals: readonly (readonly [string, PickleValue])[] = [
  ['numpy.dtype', new PickleCallable('numpy.dtype', dtype)],
  ['_codecs.encode', new PickleCallable('_codecs.encode', encode)],
  // The module moved with numpy 2.
  ['numpy.core.multiarray.scalar', new PickleCallable('numpy.core.multiarray.scalar', scalar)],
  ['numpy._core.multiarray.scalar', new PickleCallable('numpy._core.multiarray.scalar', scalar)],
]
