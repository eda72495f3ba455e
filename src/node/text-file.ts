import { readFileSync } from 'node:fs'
import { analyse } from 'chardet'
import { StudioError } from '#contract/api/errors.ts'
import { refuseSpecialFile } from './regular-file.ts'

/** The text of a file without its byte order mark, and how it was decoded. */
export interface DecodedText {
  readonly text: string
  /** Such as `UTF-8`, `UTF-16 (little endian)` or `windows-1252`. */
  readonly encoding: string
  /** Whether the encoding was chosen by the frequency of letters. Other encodings would be possible. */
  readonly isGuessed: boolean
}

const asUtf8 = 'Save the file as UTF-8.'

/**
 * Decodes a text from elsewhere without replacing a single character: by its byte order mark, as UTF-16 or UTF-8, otherwise in the
 * encoding that fits its letters best.
 * @throws StudioError `bad-request` that names the file and the line, if no encoding fits or characters were lost earlier
 */
export function decodeText(bytes: Uint8Array, file: string): DecodedText {
  const decoded = decodeUnicode(bytes, file) ?? decodeByLetters(bytes)
  if (decoded === undefined)
    throw new StudioError('bad-request', `The encoding of ${file} cannot be recognised.`, asUtf8)
  const control = decoded.text.indexOf('\0')
  if (control !== -1)
    throw new StudioError('bad-request', `${file} is not a text file: it contains zero bytes.`, asUtf8)
  requireWhole(decoded.text, file)
  return decoded
}

/**
 * Reads a JSON or other text file that must be Unicode: UTF-8, or UTF-16 with a byte order mark.
 * @throws StudioError `bad-request` if it has another encoding; a system error if it cannot be read
 */
export function readUnicode(file: string): string {
  refuseSpecialFile(file)
  const bytes = readFileSync(file)
  const decoded = decodeUnicode(bytes, file)
  if (decoded === undefined) throw new StudioError('bad-request', `${file} is not UTF-8.`, asUtf8)
  return decoded.text
}

const marks = [
  { bytes: [0xef, 0xbb, 0xbf], label: 'utf-8', encoding: 'UTF-8 with a byte order mark' },
  { bytes: [0xff, 0xfe], label: 'utf-16le', encoding: 'UTF-16 (little endian)' },
  { bytes: [0xfe, 0xff], label: 'utf-16be', encoding: 'UTF-16 (big endian)' },
] as const

/** Decodes UTF-8 and UTF-16; undefined for other encodings. */
function decodeUnicode(bytes: Uint8Array, file: string): DecodedText | undefined {
  const mark = marks.find((candidate) => candidate.bytes.every((byte, index) => bytes[index] === byte))
  const { label, encoding } = mark ?? withoutMark(bytes)
  const text = strictly(bytes, label)
  if (text !== undefined) return { text, encoding, isGuessed: false }
  if (mark === undefined && label === 'utf-8' && !isDamagedUtf8(bytes)) return undefined
  throw new StudioError('bad-request', `${file}${damagedLine(bytes, label)} is not valid ${encoding}.`, asUtf8)
}

/** A text that begins with ASCII has a zero byte in each of its first UTF-16 units. */
function withoutMark(bytes: Uint8Array): { label: 'utf-8' | 'utf-16le' | 'utf-16be'; encoding: string } {
  const zeros = [0, 1, 2, 3].map((index) => bytes[index] === 0).join()
  if (zeros === 'false,true,false,true') return { label: 'utf-16le', encoding: 'UTF-16 (little endian)' }
  if (zeros === 'true,false,true,false') return { label: 'utf-16be', encoding: 'UTF-16 (big endian)' }
  return { label: 'utf-8', encoding: 'UTF-8' }
}

function strictly(bytes: Uint8Array, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch (cause) {
    // A TypeError for bytes that the encoding does not have, a RangeError for an encoding that is not known here.
    if (cause instanceof TypeError || cause instanceof RangeError) return undefined
    throw cause
  }
}

const beyondAscii = /[^\0-\x7F]/gu

/** Whether most letters beyond ASCII are valid UTF-8, which does not happen by chance in another encoding. */
function isDamagedUtf8(bytes: Uint8Array): boolean {
  const letters = new TextDecoder('utf-8').decode(bytes).match(beyondAscii) ?? []
  const valid = letters.filter((letter) => letter !== '\uFFFD').length
  return valid > letters.length - valid
}

/** `, line 3` of the first damaged line of UTF-8; empty for UTF-16. */
function damagedLine(bytes: Uint8Array, label: string): string {
  if (label !== 'utf-8') return ''
  const text = new TextDecoder('utf-8').decode(bytes)
  return `, line ${lineAt(text, text.indexOf('\uFFFD'))}`
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** The C0 and C1 controls except tab and line ends. A wrong single-byte encoding gives itself away by them. */
// oxlint-disable-next-line no-control-regex
const controls = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/u

function decodeByLetters(bytes: Uint8Array): DecodedText | undefined {
  for (const { name } of analyse(bytes)) {
    if (name.startsWith('UTF-')) continue
    // Every letter of ISO-8859-1 has the same byte in Windows-1252, and files with that name mean the latter.
    const encoding = name === 'ISO-8859-1' ? 'windows-1252' : name
    const text = strictly(bytes, encoding)
    if (text !== undefined && !controls.test(text)) return { text, encoding, isGuessed: true }
  }
  return undefined
}

function requireWhole(text: string, file: string): void {
  const index = text.indexOf('\uFFFD')
  if (index === -1) return
  throw new StudioError(
    'bad-request',
    `${file}, line ${lineAt(text, index)}: a letter was replaced by U+FFFD when the file was saved in a wrong encoding.`,
    'Restore the letters from the original file, and save it as UTF-8.',
  )
}
