import type { Size } from '../../data/geometry.ts'
import { BitReader } from './bits.ts'

/** Baseline, main and high: all others may have other colours, depths or layers. */
const plainProfiles = new Set([66, 77, 100])
const highProfile = 100
const ofRows = 2
/** The aspect ratio of a pixel is given by two numbers. */
const extendedAspect = 255

/**
 * Size at which H.264 is shown, from its sequence parameter set (ITU-T H.264, section 7.3.2.1.1); undefined if it has fields, colours other than
 * 8-bit 4:2:0 of limited range, or anything else that needs a decoder to be understood.
 * @param unit with its header of one byte
 */
export function plainH264Size(unit: Uint8Array): Size | undefined {
  const bits = new BitReader(withoutEscapes(unit.subarray(1)))
  const profile = bits.read(8)
  bits.read(16)
  bits.golomb()
  if (!plainProfiles.has(profile) || (profile === highProfile && !hasPlainColours(bits))) return undefined
  bits.golomb()
  const orderType = bits.golomb()
  if (orderType === 0) bits.golomb()
  else if (orderType !== ofRows) return undefined
  bits.golomb()
  bits.flag()
  const [columns, rows] = [bits.golomb() + 1, bits.golomb() + 1]
  const hasFields = !bits.flag()
  if (hasFields) return undefined
  bits.flag()
  const [left, right, top, bottom] = bits.flag()
    ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()]
    : [0, 0, 0, 0]
  if ((bits.flag() && isFullRange(bits)) || bits.isPastEnd) return undefined
  // A block has 16 pixels; what is cut off is counted in pixels of the colour planes.
  return { width: 16 * columns - 2 * (left + right), height: 16 * rows - 2 * (top + bottom) }
}

/** Whether colours are 4:2:0 of 8 bits, without scaling lists. */
function hasPlainColours(bits: BitReader): boolean {
  const is420 = bits.golomb() === 1
  const is8Bit = bits.golomb() === 0 && bits.golomb() === 0
  bits.flag()
  return is420 && is8Bit && !bits.flag()
}

/** Whether the usability information begins with colours that use all values of a byte (section E.1.1). */
function isFullRange(bits: BitReader): boolean {
  if (bits.flag() && bits.read(8) === extendedAspect) bits.read(32)
  if (bits.flag()) bits.flag()
  if (!bits.flag()) return false
  bits.read(3)
  return bits.flag()
}

/** Without the bytes 3 that follow two zeros, so that no start code occurs in a unit (section 7.4.1). */
function withoutEscapes(unit: Uint8Array): Uint8Array {
  return unit.filter((byte, index) => !(byte === 3 && unit[index - 1] === 0 && unit[index - 2] === 0))
}
