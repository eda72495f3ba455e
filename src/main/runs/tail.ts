import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { systemCode } from '#contract/api/errors.ts'
import { sizeOfLog } from './event-log.ts'

export interface Line {
  text: string
  /** Byte behind the line's end. */
  end: number
}

/** Written in about 10 ms: other requests to the studio wait for as long. */
const chunkBytes = 160 * 1024
const newline = 0x0a

/**
 * Reads whole lines from byte `cursor` on, about 160 KiB at a time, so that the studio answers in between. A last line without its end is left for the next call,
 * so the cursor (the `end` of the last line) is always between two lines. Empty if there is nothing new, or no file.
 * @throws StudioError `bad-request` if it is not a file
 */
export function readLines(file: string, cursor: number): Line[] {
  if (sizeOfLog(file) === undefined) return []
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return []
    throw cause
  }
  try {
    const available = fstatSync(handle).size - cursor
    // A line longer than a chunk is read with a larger one.
    for (let size = Math.min(chunkBytes, available); size > 0; size = Math.min(size * 2, available)) {
      const buffer = Buffer.allocUnsafe(size)
      const bytes = buffer.subarray(0, readSync(handle, buffer, 0, size, cursor))
      const end = bytes.lastIndexOf(newline)
      if (end !== -1) return splitLines(bytes.subarray(0, end + 1), cursor)
      if (size === available) return []
    }
    return []
  } finally {
    closeSync(handle)
  }
}

function splitLines(bytes: Buffer, cursor: number): Line[] {
  const lines: Line[] = []
  let start = 0
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    lines.push({ text: bytes.toString('utf8', start, end), end: cursor + end + 1 })
    start = end + 1
  }
  return lines
}

/** The last lines of a text file, at most `count`, from its last 16 KiB or `maxBytes`. Empty if the file does not exist. */
export function lastLines(file: string, count: number, maxBytes = 16_384): string[] {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return []
    throw cause
  }
  try {
    const size = fstatSync(handle).size
    const buffer = Buffer.alloc(Math.min(size, maxBytes))
    readSync(handle, buffer, 0, buffer.length, size - buffer.length)
    return buffer
      .toString('utf8')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-count)
  } finally {
    closeSync(handle)
  }
}
