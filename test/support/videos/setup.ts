import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { videoFolder } from './folder.ts'

/** Makes the videos before the first test, unless an earlier run did; takes some seconds. */
export default async function setup(): Promise<void> {
  if (existsSync(videoFolder)) return
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'make.ts')])
}
