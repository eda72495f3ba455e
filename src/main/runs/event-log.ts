import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { StudioError } from '#contract/api/errors.ts'

/** What identifies the bytes before a cursor: the CRC-32 of the last of them. */
const markedBytes = 256

/** Size of `events.jsonl`; undefined if there is no file. @throws StudioError `bad-request` if something else has its name */
export function sizeOfLog(file: string): number | undefined {
  const found = statSync(file, { throwIfNoEntry: false })
  // Opening a pipe would wait for ever.
  if (found !== undefined && !found.isFile())
    throw new StudioError(
      'bad-request',
      `${file} is not a file.`,
      'Move it away, and restore the file from a backup. Other runs are not affected.',
    )
  return found?.size
}

/** A mark of the bytes of a file before `cursor`, by which it is recognised later that they were replaced; null at its start. */
export function markAt(file: string, cursor: number): string | null {
  if (cursor === 0) return null
  const length = Math.min(cursor, markedBytes)
  const handle = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(length)
    readSync(handle, bytes, 0, length, cursor - length)
    return crc32(bytes).toString(16).padStart(8, '0')
  } finally {
    closeSync(handle)
  }
}

/** How a log that was read up to `cursor` has changed since, other than by lines that were appended; undefined if it has not. */
export function changeOf(
  file: string,
  cursor: number,
  mark: string | null,
): 'gone' | 'shorter' | 'replaced' | undefined {
  if (cursor === 0) return undefined
  const size = sizeOfLog(file)
  if (size === undefined) return 'gone'
  if (size < cursor) return 'shorter'
  // Earlier versions stored no mark.
  return mark === null || markAt(file, cursor) === mark ? undefined : 'replaced'
}

/** Number of the line that begins at byte `offset`, counted from 1. */
export function lineNumberAt(file: string, offset: number): number {
  const handle = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(1 << 16)
    let line = 1
    for (let position = 0; position < offset;) {
      const read = readSync(handle, bytes, 0, Math.min(bytes.length, offset - position), position)
      if (read === 0) break
      for (let index = bytes.indexOf(0x0a); index !== -1 && index < read; index = bytes.indexOf(0x0a, index + 1)) line++
      position += read
    }
    return line
  } finally {
    closeSync(handle)
  }
}
