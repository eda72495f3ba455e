// SHA-256 (FIPS 180-4) and HMAC (RFC 2104) without the platform: browsers offer `crypto.subtle` on loopback addresses and over
// TLS only, and the window must show its key over a plain network as well.

const primes = firstPrimes(64)
/** The first 32 bits of the fractional part of a number. */
const fraction = (value: number): number => ((value % 1) * 2 ** 32) | 0
const roundConstants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
const initialState = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
const blockBytes = 64

/** The SHA-256 hash of some bytes, 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  const state = Int32Array.from(initialState)
  const padded = new Uint8Array(Math.ceil((message.length + 9) / blockBytes) * blockBytes)
  padded.set(message)
  padded[message.length] = 0x80
  const words = new DataView(padded.buffer)
  words.setUint32(padded.length - 8, Math.floor((message.length * 8) / 2 ** 32))
  words.setUint32(padded.length - 4, (message.length * 8) >>> 0)
  const schedule = new Int32Array(64)
  for (let at = 0; at < padded.length; at += blockBytes) compress(state, words, at, schedule)
  const hash = new DataView(new ArrayBuffer(32))
  state.forEach((word, index) => hash.setInt32(index * 4, word))
  return new Uint8Array(hash.buffer)
}

/** The HMAC-SHA-256 of some bytes, 32 bytes. */
export function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(blockBytes)
  block.set(key.length > blockBytes ? sha256(key) : key)
  const inner = sha256(
    joined(
      block.map((byte) => byte ^ 0x36),
      message,
    ),
  )
  return sha256(
    joined(
      block.map((byte) => byte ^ 0x5c),
      inner,
    ),
  )
}

function compress(state: Int32Array, words: DataView, at: number, schedule: Int32Array): void {
  const w = (index: number): number => schedule[index] ?? 0
  for (let index = 0; index < 16; index++) schedule[index] = words.getInt32(at + index * 4)
  for (let index = 16; index < 64; index++) {
    const early = w(index - 15)
    const late = w(index - 2)
    const s0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)
    const s1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)
    schedule[index] = w(index - 16) + s0 + w(index - 7) + s1
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let index = 0; index < 64; index++) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (roundConstants[index] ?? 0) + w(index)) | 0
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value
}

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let number = 2; found.length < count; number++)
    if (found.every((prime) => number % prime !== 0)) found.push(number)
  return found
}
