import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { Installation } from '../app/installation.ts'

const inputs = ['src', 'build', 'package.json', 'electron.vite.config.ts']

/**
 * Builds the window if the build is missing or older than the sources, and prints why.
 * @throws StudioError `internal` with the output of the build if it fails.
 */
export async function ensureBuilt({ root, page }: Installation, print: (line: string) => void): Promise<void> {
  const built = statSync(join(page, 'index.html'), { throwIfNoEntry: false })
  const newest = Math.max(...inputs.map((name) => newestChange(join(root, name))))
  if (built !== undefined && built.mtimeMs >= newest) return

  print(built === undefined ? 'Building the window (once) ...' : 'The sources changed; building the window ...')
  const program = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  if (!existsSync(program))
    throw new StudioError('internal', `The window is not built, and ${program} is missing.`, 'Run "npm ci" first.')
  const child = spawn(process.execPath, [program, 'build', '--logLevel', 'warn'], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0)
    throw new StudioError(
      'internal',
      `The window could not be built:\n${output.trim()}`,
      'Fix the sources, then try again.',
    )
}

/** Newest change of a file, or of any file or folder below a folder; a removed file changes its folder. */
function newestChange(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return 0
  if (!facts.isDirectory()) return facts.mtimeMs
  return Math.max(facts.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))))
}
