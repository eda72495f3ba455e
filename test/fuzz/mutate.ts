import type { Draws } from '#training/data/random.ts'

/** What a mutation may draw from: pieces that mean something, and other good files. */
export interface Material {
  readonly tokens: readonly Uint8Array[]
  readonly samples: readonly Uint8Array[]
}

const pick = <T>(random: Draws, items: readonly T[]): T => items[random.integer(items.length)]!

/** A position of the bytes, or their end. */
const place = (random: Draws, bytes: Uint8Array): number => random.integer(bytes.byteLength + 1)

/** A run of at most `most` bytes somewhere. */
function run(random: Draws, bytes: Uint8Array, most = 64): [start: number, end: number] {
  const start = place(random, bytes)
  return [start, Math.min(bytes.byteLength, start + random.integer(most + 1))]
}

const replace = (bytes: Uint8Array, start: number, end: number, by: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)])

/** Lengths and positions at which readers break: none, one, all ones, the limits of signed and unsigned fields, two to the sixtieth. */
const lengths = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  0x100000000n,
  2n ** 53n,
  2n ** 60n,
  2n ** 63n,
  2n ** 64n - 1n,
]

const mutations: readonly ((random: Draws, bytes: Uint8Array, material: Material) => Uint8Array)[] = [
  function flipBit(random, bytes) {
    const at = place(random, bytes)
    return replace(bytes, at, at + 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.integer(8))))
  },
  function setByte(random, bytes) {
    const at = place(random, bytes)
    return replace(bytes, at, at + 1, Uint8Array.of(random.integer(256)))
  },
  function cut(random, bytes) {
    return bytes.subarray(0, place(random, bytes))
  },
  function drop(random, bytes) {
    return replace(bytes, ...run(random, bytes), new Uint8Array(0))
  },
  function repeat(random, bytes) {
    const [start, end] = run(random, bytes)
    return replace(bytes, end, end, bytes.subarray(start, end))
  },
  function splice(random, bytes, { samples }) {
    const other = pick(random, samples)
    const at = place(random, bytes)
    return replace(
      bytes,
      at,
      random.integer(2) === 0 ? at : Math.min(bytes.byteLength, at + 16),
      other.subarray(...run(random, other, 256)),
    )
  },
  function setLength(random, bytes) {
    const field = Buffer.alloc(8)
    field.writeBigUInt64LE(pick(random, lengths))
    const at = place(random, bytes)
    const sizeBytes = pick(random, [1, 2, 4, 8])
    return replace(bytes, at, at + sizeBytes, field.subarray(0, sizeBytes))
  },
  function nudge(random, bytes) {
    const at = place(random, bytes)
    return replace(bytes, at, at + 1, Uint8Array.of((bytes[at] ?? 0) + random.integer(33) - 16))
  },
  function insertToken(random, bytes, { tokens }) {
    const at = place(random, bytes)
    return replace(bytes, at, at, pick(random, tokens))
  },
  function overwriteWithToken(random, bytes, { tokens }) {
    const at = place(random, bytes)
    const token = pick(random, tokens)
    return replace(bytes, at, at + token.byteLength, token)
  },
]

/** In how many places a file is broken: mostly in one, so that what lies behind is reached as well. */
const places = [1, 1, 1, 1, 2, 3, 4]

/** Breaks a good file in one to four places. */
export function mutate(random: Draws, sample: Uint8Array, material: Material): Uint8Array {
  let bytes = sample
  for (let left = pick(random, places); left > 0; left--) bytes = pick(random, mutations)(random, bytes, material)
  return bytes
}
