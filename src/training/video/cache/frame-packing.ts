import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Higher levels take longer and save nothing: what is compressed are small differences. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 }

const channels = 3

/**
 * Compresses a frame without loss: of each value its difference from the plane through its left, upper and upper left neighbours in the same
 * channel, with Zstandard.
 * @param frame RGB [height, width, 3]
 */
export function packFrame(frame: Uint8Array, width: number): Uint8Array {
  const row = width * channels
  const differences = new Uint8Array(frame.length)
  for (let at = channels; at < row; at++) differences[at] = frame[at - channels] ?? 0
  for (let start = row; start < frame.length; start += row) {
    for (let at = start; at < start + channels; at++) differences[at] = frame[at - row] ?? 0
    for (let at = start + channels; at < start + row; at++)
      differences[at] = (frame[at - channels] ?? 0) + (frame[at - row] ?? 0) - (frame[at - row - channels] ?? 0)
  }
  for (let at = 0; at < frame.length; at++) differences[at] = (frame[at] ?? 0) - (differences[at] ?? 0)
  return zstdCompressSync(differences, { params })
}

/**
 * Reverses `packFrame`.
 * @param frame gets RGB [height, width, 3]
 * @returns whether the bytes are those of a frame of that size
 */
export function unpackFrame(packed: Uint8Array, width: number, frame: Uint8Array): boolean {
  const row = width * channels
  const differences = zstdDecompressSync(packed, { maxOutputLength: frame.length })
  if (differences.length !== frame.length) return false
  for (let at = 0; at < row; at++)
    frame[at] = (differences[at] ?? 0) + (at < channels ? 0 : (frame[at - channels] ?? 0))
  for (let start = row; start < frame.length; start += row) {
    for (let at = start; at < start + channels; at++) frame[at] = (differences[at] ?? 0) + (frame[at - row] ?? 0)
    for (let at = start + channels; at < start + row; at++)
      frame[at] =
        (differences[at] ?? 0) +
        (frame[at - channels] ?? 0) +
        (frame[at - row] ?? 0) -
        (frame[at - row - channels] ?? 0)
  }
  return true
}
