import { crc32 } from 'node:zlib'
import { opcodes } from '#training/checkpoint/formats/pytorch/pickle/opcodes.ts'
import { Pickler } from '#training/checkpoint/formats/pytorch/pickle/pickler.ts'

// Files of torch.save made by hand, so that they can also be wrong.

export interface Part {
  name: string
  bytes: Uint8Array
  method?: number
  flags?: number
  /** What the directory claims, where that is not the truth. */
  sizeBytes?: number
  headerPosition?: number
}

function numbers(...fields: [sizeBytes: 2 | 4 | 8, value: number | bigint][]): Buffer {
  return Buffer.concat(
    fields.map(([sizeBytes, value]) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
      return bytes.subarray(0, sizeBytes)
    }),
  )
}

/** A zip archive of the first kind, without zip64. */
export function zipOf(parts: readonly Part[]): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let position = 0
  for (const { name, bytes, method = 0, flags = 0, sizeBytes = bytes.byteLength, headerPosition = position } of parts) {
    const facts = numbers(
      [2, 20],
      [2, flags],
      [2, method],
      [2, 0],
      [2, 0x21],
      [4, crc32(bytes)],
      [4, sizeBytes],
      [4, sizeBytes],
      [2, name.length],
      [2, 0],
    )
    const body = Buffer.concat([numbers([4, 0x04034b50]), facts, Buffer.from(name), bytes])
    directory.push(
      Buffer.concat([
        numbers([4, 0x02014b50], [2, 20]),
        facts,
        numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, headerPosition]),
        Buffer.from(name),
      ]),
    )
    bodies.push(body)
    position += body.byteLength
  }
  const listed = Buffer.concat(directory)
  return Buffer.concat([
    ...bodies,
    listed,
    numbers(
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, parts.length],
      [2, parts.length],
      [4, listed.byteLength],
      [4, position],
      [2, 0],
    ),
  ])
}

export type Storages = Readonly<Record<string, Uint8Array>>

/** The zip format of torch.save. */
export const torchZip = (pickle: Uint8Array, storages: Storages = {}, others: readonly Part[] = []): Buffer =>
  zipOf([
    { name: 'archive/data.pkl', bytes: pickle },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `archive/data/${key}`, bytes })),
    ...others,
  ])

/** The format before PyTorch 1.6; `elementBytes` of every storage. */
export function torchLegacy(
  pickle: Uint8Array,
  storages: Storages = {},
  { elementBytes = 4, littleEndian = true } = {},
): Buffer {
  const magic = Uint8Array.of(0x80, 2, 0x8a, 10, ...Buffer.from('6cfc9c46f9206aa85019', 'hex'), 0x2e)
  const keys = new Pickler().value(Object.keys(storages)).finish()
  const machine = new Pickler()
    .value({ protocol_version: 1001, little_endian: littleEndian, type_sizes: { short: 2, int: 4, long: 4 } })
    .finish()
  const bodies = Object.values(storages).flatMap((bytes) => [numbers([8, bytes.byteLength / elementBytes]), bytes])
  return Buffer.concat([magic, new Pickler().integer(1001).finish(), machine, pickle, keys, ...bodies])
}

export interface HandTensor {
  storage?: string
  key?: string
  /** Of the storage. */
  elements: number
  offset?: number
  shape: number[]
  strides: number[]
}

/** The call that builds a tensor, as torch.save writes it. */
export function tensor(
  pickler: Pickler,
  { storage = 'FloatStorage', key = '0', elements, offset = 0, shape, strides }: HandTensor,
): Pickler {
  const tuple = (values: number[]) => {
    pickler.codes('MARK')
    for (const value of values) pickler.integer(value)
    pickler.codes('TUPLE')
  }
  pickler
    .global('torch._utils', '_rebuild_tensor_v2')
    .codes('MARK', 'MARK')
    .text('storage')
    .global('torch', storage)
    .text(key)
    .text('cpu')
    .integer(elements)
    .codes('TUPLE', 'BINPERSID')
  pickler.integer(offset)
  tuple(shape)
  tuple(strides)
  return pickler
    .codes('NEWFALSE')
    .global('collections', 'OrderedDict')
    .codes('EMPTY_TUPLE', 'REDUCE', 'TUPLE', 'REDUCE')
}

/** The pickle of a bare state dict. */
export function stateDict(tensors: Readonly<Record<string, HandTensor>>): Uint8Array {
  const pickler = new Pickler().codes('EMPTY_DICT', 'MARK')
  for (const [name, hand] of Object.entries(tensors)) tensor(pickler.text(name), hand)
  return pickler.codes('SETITEMS').finish()
}

/** A pickle out of opcodes and bytes. */
export const pickleOf = (...parts: (number | string | Uint8Array)[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'number') return Uint8Array.of(part)
      if (typeof part !== 'string') return part
      return part in opcodes ? Uint8Array.of(opcodes[part as keyof typeof opcodes]) : Buffer.from(part)
    }),
  )

export const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)
