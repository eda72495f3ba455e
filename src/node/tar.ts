import { isUtf8 } from 'node:buffer'
import { posix } from 'node:path'

/** A stretch of a file. */
export interface ByteRange {
  readonly position: number
  readonly length: number
}

/** A file in a tar file: its name with forward slashes, and the bytes of its content. */
export interface TarMember extends ByteRange {
  readonly name: string
}

/** The files of a tar file in their order, without folders and links. */
export interface TarListing {
  /** Of several with one name, all are here. */
  readonly members: readonly TarMember[]
  /** Names that are not UTF-8, with escaped bytes. */
  readonly unnamed: readonly string[]
  /** The last member, of which the tar file does not have all bytes. */
  readonly cut?: string
  /** Why there may be more than was read, to continue a sentence: `is damaged at byte 1024`. */
  readonly problem?: string
}

const blockBytes = 512
/** A name or a table of properties that is longer is not read. */
const longestText = 2 ** 20

/** What a header says about the member that follows it. */
interface Header {
  readonly type: string
  readonly name: Buffer
  readonly size: number
}

/**
 * Lists a tar file (ustar with the extensions of pax and GNU) of `size` bytes from its headers alone. Yields the bytes that it needs and
 * receives them; fewer at the end of the file.
 * @returns undefined if it is no tar file
 */
export function* listTar(size: number): Generator<ByteRange, TarListing | undefined, Buffer> {
  const members: TarMember[] = []
  const unnamed: string[] = []
  /** What an extension says about the next member. */
  let next: { readonly name?: Buffer; readonly size?: number } = {}
  let position = 0
  for (;;) {
    const block = yield { position, length: blockBytes }
    if (block.length < blockBytes)
      return members.length === 0
        ? undefined
        : { members, unnamed, problem: 'has no mark at its end and may be cut off' }
    if (block.every((byte) => byte === 0)) return { members, unnamed }
    const header = readHeader(block)
    if (header === undefined)
      return position === 0 ? undefined : { members, unnamed, problem: `is damaged at byte ${position}` }
    const at = position + blockBytes
    const length = next.size ?? header.size
    position = at + Math.ceil(length / blockBytes) * blockBytes
    if (header.type === 'L' || header.type === 'x') {
      if (length > longestText) return { members, unnamed, problem: `is damaged at byte ${at}` }
      const text = yield { position: at, length }
      next = header.type === 'L' ? { ...next, name: untilZero(text) } : { ...next, ...paxProperties(text) }
      continue
    }
    const name = next.name ?? header.name
    if (isFile(header.type)) {
      next = {}
      const named = nameOf(name)
      if (at + length > size)
        return {
          members,
          unnamed,
          cut: named,
          problem: `is cut off in ${named}: ${at + length - size} bytes are missing`,
        }
      if (isUtf8(name)) members.push({ name: named, position: at, length })
      else unnamed.push(named)
    } else if (header.type !== 'g' && header.type !== 'K') next = {}
  }
}

/** Regular and contiguous files; others are folders, links and devices. */
const isFile = (type: string): boolean => type === '0' || type === '\0' || type === '7'

/** Undefined if the block is not a header. */
function readHeader(block: Buffer): Header | undefined {
  const sum = readNumber(block.subarray(148, 156))
  const counted = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
  const size = readNumber(block.subarray(124, 136))
  if (sum !== counted || size === undefined) return undefined
  const name = untilZero(block.subarray(0, 100))
  // GNU tar uses the place of the prefix for other things.
  const prefix =
    block.toString('latin1', 257, 263) === 'ustar\0' ? untilZero(block.subarray(345, 500)) : Buffer.alloc(0)
  return {
    type: String.fromCharCode(block[156] ?? 0),
    name: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    size,
  }
}

/** An octal number, or one in base 256, which GNU tar writes for large files. */
function readNumber(field: Buffer): number | undefined {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, (field[0] ?? 0) & 0x7f)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const digits = field.toString('latin1').replaceAll('\0', ' ').trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

/** Path and size in the records of pax, each of which is `LENGTH KEY=VALUE` and a line feed. */
function paxProperties(text: Buffer): { name?: Buffer; size?: number } {
  const found: { name?: Buffer; size?: number } = {}
  for (let at = 0; at < text.length;) {
    const blank = text.indexOf(' ', at)
    const length = Number(text.toString('latin1', at, Math.max(at, blank)))
    if (blank === -1 || !Number.isSafeInteger(length) || length <= 0) break
    const record = text.subarray(blank + 1, at + length - 1)
    const equals = record.indexOf('=')
    const key = record.toString('latin1', 0, Math.max(0, equals))
    const value = record.subarray(equals + 1)
    if (key === 'path') found.name = value
    if (key === 'size' && /^\d+$/.test(value.toString('latin1'))) found.size = Number(value.toString('latin1'))
    at += length
  }
  return found
}

function untilZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0)
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end))
}

/** A name as the path below its tar file: without `./`, and never above it. */
function nameOf(bytes: Buffer): string {
  const text = isUtf8(bytes)
    ? bytes.toString('utf8')
    : bytes
        .toString('latin1')
        .replaceAll(/[\x80-\xFF]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  return posix.normalize(`/${text}`).slice(1)
}
