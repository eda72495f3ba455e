/** CRC-32C (Castagnoli, reflected) of each byte. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest
})

/** CRC-32C of bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

/** A checksum as record files store it: rotated and shifted, since a checksum over bytes that hold their own is of little use. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** One record of a TFRecord file: length and its checksum, content and its checksum. */
export function encodeRecord(content: Uint8Array): Buffer {
  const record = Buffer.alloc(content.length + 16)
  record.writeBigUInt64LE(BigInt(content.length), 0)
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8)
  record.set(content, 12)
  record.writeUInt32LE(maskedCrc(content), content.length + 12)
  return record
}
