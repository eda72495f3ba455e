/**
 * Philox4x32-10, a counter-based generator (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011):
 * a bijection of a 128-bit counter under a 64-bit key. Writes four 32-bit words into `out`.
 */
export function philox(counter: Readonly<Uint32Array>, key: Readonly<Uint32Array>, out: Uint32Array): void {
  let x0 = (counter[0] ?? 0) | 0
  let x1 = (counter[1] ?? 0) | 0
  let x2 = (counter[2] ?? 0) | 0
  let x3 = (counter[3] ?? 0) | 0
  let k0 = (key[0] ?? 0) | 0
  let k1 = (key[1] ?? 0) | 0
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, x0)
    const low0 = Math.imul(0xd2511f53, x0)
    const high1 = multiplyHigh(0xcd9e8d57, x2)
    const low1 = Math.imul(0xcd9e8d57, x2)
    x0 = high1 ^ x1 ^ k0
    x1 = low1
    x2 = high0 ^ x3 ^ k1
    x3 = low0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[0] = x0
  out[1] = x1
  out[2] = x2
  out[3] = x3
}

/** Upper 32 bits of the 64-bit product of two unsigned words. No sum exceeds 32 bits, so that all of it stays in integers. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16
  const aLow = a & 0xffff
  const bHigh = b >>> 16
  const bLow = b & 0xffff
  const middle = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)
  const carry = Math.imul(aLow, bHigh) + (middle & 0xffff)
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0
}
