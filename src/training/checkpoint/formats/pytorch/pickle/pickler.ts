import { opcodes as op } from './opcodes.ts'

/** Values that need no class to be written. Whole numbers become int, others float. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue }

/** Writes a pickle of protocol 2, as `torch.save` does, opcode by opcode. */
export class Pickler {
  readonly #parts: Uint8Array[] = [Uint8Array.of(op.PROTO, 2)]

  /** Appends bare opcodes. */
  codes(...names: (keyof typeof op)[]): this {
    return this.#add(names.map((name) => op[name]))
  }

  /** A name such as `torch.FloatStorage`. */
  global(module: string, name: string): this {
    return this.codes('GLOBAL').#add(new TextEncoder().encode(`${module}\n${name}\n`))
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value)
    return this.codes('BINUNICODE')
      .#add(numberBytes(4, (view) => view.setUint32(0, bytes.byteLength, true)))
      .#add(bytes)
  }

  integer(value: number): this {
    if (value === (value | 0)) return this.codes('BININT').#add(numberBytes(4, (view) => view.setInt32(0, value, true)))
    return this.codes('LONG1')
      .#add([8])
      .#add(numberBytes(8, (view) => view.setBigInt64(0, BigInt(value), true)))
  }

  value(value: PlainValue): this {
    if (value === null) return this.codes('NONE')
    if (typeof value === 'boolean') return this.codes(value ? 'NEWTRUE' : 'NEWFALSE')
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return this.integer(value)
      return this.codes('BINFLOAT').#add(numberBytes(8, (view) => view.setFloat64(0, value, false)))
    }
    if (isList(value)) {
      this.codes('EMPTY_LIST', 'MARK')
      for (const item of value) this.value(item)
      return this.codes('APPENDS')
    }
    this.codes('EMPTY_DICT', 'MARK')
    for (const [key, item] of Object.entries(value)) this.text(key).value(item)
    return this.codes('SETITEMS')
  }

  /** The whole pickle. */
  finish(): Uint8Array {
    this.codes('STOP')
    return Buffer.concat(this.#parts)
  }

  #add(bytes: ArrayLike<number>): this {
    this.#parts.push(Uint8Array.from(bytes))
    return this
  }
}

// Array.isArray does not narrow readonly arrays.
const isList = (value: object): value is readonly PlainValue[] => Array.isArray(value)

function numberBytes(sizeBytes: number, set: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  set(new DataView(bytes.buffer))
  return bytes
}
