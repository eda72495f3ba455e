import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a text file so that a reader sees the old content or the new content, never a mixture: temporary file, rename.
 *
 * @param options.sync false skips fsync: after a power cut the file may be empty. For files that are written again soon.
 * @param options.mode permissions of a file that is not for everyone
 */
export function writeAtomically(file: string, text: string, { sync = true, mode = 0o666 } = {}): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`)
  try {
    const handle = openSync(temporary, 'w', mode)
    try {
      writeSync(handle, text)
      if (sync) fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw cause
  }
}
