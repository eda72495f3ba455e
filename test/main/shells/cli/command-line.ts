import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Starts the command line as a user does, in a separate process. */
export function startCommand(...words: string[]): ChildProcess {
  return spawn(process.execPath, ['src/main/shells/launch.mjs', 'cli', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs the command line to its end. */
export async function command(...words: string[]): Promise<Ended> {
  const child = startCommand(...words)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** A folder for all tests of a file, gone after them. Its real path, because that is what the studio names. */
export function folderForFile(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mvd-studio-cli-')))
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
