import type { Size } from '../../data/geometry.ts'
import { BitReader } from './bits.ts'

/** Baseline, main and high: all others may have other colours, depths or layers. */
const plainProfiles = new Set([66, 77, 100])
const highProfile = 100
const ofRows = 2
/** Limits of section 7.4.2.1.1. A decoder refuses what exceeds them. */
const [mostNumber, mostOrderBits, mostReferences] = [31, 12, 16]
/** The aspect ratio of a pixel is given by two numbers. */
const extendedAspect = 255

/**
 * Size at which H.264 is shown, from its sequence parameter set (ITU-T H.264, section 7.3.2.1.1); undefined if it has
 * fields, colours other than 8-bit 4:2:0 of limited range, or anything else that needs a decoder to be understood.
 * @param unit with its header of one byte
 */
export function plainH264Size(unit: Uint8Array): Size | undefined {
  const bits = new BitReader(withoutEscapes(unit))
  const isParameterSet = (bits.read(8) & 0x9f) === 7
  const profile = bits.read(8)
  bits.read(16)
  const isNumbered = bits.golomb() <= mostNumber
  if (!isParameterSet || !isNumbered || !plainProfiles.has(profile)) return undefined
  if (profile === highProfile && !hasPlainColours(bits)) return undefined
  if (!hasPlainOrder(bits) || bits.golomb() > mostReferences) return undefined
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
  const [width, height] = [16 * columns - 2 * (left + right), 16 * rows - 2 * (top + bottom)]
  return width > 0 && height > 0 ? { width, height } : undefined
}

/** Whether the numbers of the frames and their order are those that are allowed, and written with each frame. */
function hasPlainOrder(bits: BitReader): boolean {
  if (bits.golomb() > mostOrderBits) return false
  const orderType = bits.golomb()
  return orderType === 0 ? bits.golomb() <= mostOrderBits : orderType === ofRows
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
