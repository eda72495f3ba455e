import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** A file or folder among the recorded numbers that lie beside the project. */
export function recorded(path = ''): string {
  const found = resolve('../shared/reference', path)
  if (!existsSync(found)) throw new Error(`This test needs the recorded numbers: there is no ${found}.`)
  return found
}

/** Small cases of sizes and options that the published ones do not have; `record.py` beside them says how they were made. */
export const smallCases = resolve('test/fixtures/reference')
