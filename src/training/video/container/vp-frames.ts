import type { Size } from '../../data/geometry.ts'
import { BitReader } from './bits.ts'

const [frameMarker, syncCode, rgb] = [2, 0x498342, 7]

/**
 * Size of a key frame of VP9 that is shown and has profile 0, 8-bit 4:2:0 (VP9 bitstream specification, section 6.2);
 * undefined for any other frame.
 * @param frame its first bytes
 */
export function plainVp9Size(frame: Uint8Array): Size | undefined {
  const bits = new BitReader(frame)
  const isProfile0 = bits.read(2) === frameMarker && bits.read(2) === 0
  const [showsOther, isOther, isShown] = [bits.flag(), bits.flag(), bits.flag()]
  bits.flag()
  if (!isProfile0 || showsOther || isOther || !isShown || bits.read(24) !== syncCode || bits.read(3) === rgb)
    return undefined
  bits.flag()
  const [width, height] = [bits.read(16) + 1, bits.read(16) + 1]
  return bits.isPastEnd ? undefined : { width, height }
}

/** Size of a key frame of VP8 that is shown and not scaled (RFC 6386, section 9.1); undefined for any other frame. */
export function plainVp8Size(frame: Buffer): Size | undefined {
  const [tag, start] = [frame.readUIntLE(0, 3), frame.readUIntBE(3, 3)]
  const [isOther, version] = [(tag & 1) !== 0, (tag >> 1) & 7]
  const [width, height] = [frame.readUInt16LE(6), frame.readUInt16LE(8)]
  if (isOther || version > 3 || !isShownVp8(frame) || start !== 0x9d012a) return undefined
  return width > 0 && width < 0x4000 && height > 0 && height < 0x4000 ? { width, height } : undefined
}

/** Encoders add frames that only others refer to. */
export const isShownVp8 = (frame: Buffer): boolean => (frame.readUInt8(0) & 0x10) !== 0
