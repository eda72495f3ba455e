import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Download } from './download-progress.ts'

export type FoundElectron =
  | { kind: 'found'; path: string }
  /** A window cannot open here, whether or not the binary is installed. */
  | { kind: 'no-display'; reason: string }
  | { kind: 'missing'; reason: string }

/**
 * Looks for Electron's binary without requiring the package, which would download it.
 * Honours `ELECTRON_OVERRIDE_DIST_PATH`, a folder that contains the binary.
 */
export function findElectron(root: string, environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): FoundElectron {
  if (platform === 'linux' && environment['DISPLAY'] === undefined && environment['WAYLAND_DISPLAY'] === undefined) {
    return { kind: 'no-display', reason: 'There is no display for a window.' }
  }
  const folder = packageFolder(root)
  const pathFile = join(folder, 'path.txt')
  const override = environment['ELECTRON_OVERRIDE_DIST_PATH']
  const name = existsSync(pathFile)
    ? readFileSync(pathFile, 'utf8').trim()
    : override === undefined
      ? undefined
      : 'electron'
  if (name !== undefined) {
    const path = join(override ?? join(folder, 'dist'), name)
    if (existsSync(path)) return { kind: 'found', path }
  }
  return { kind: 'missing', reason: 'The binary of Electron is not installed.' }
}

/**
 * Runs Electron's own installer, which downloads the binary of the installed version and checks its hash.
 * `onProgress` hears of the download, `signal` stops it. Returns the reason if it failed, undefined otherwise.
 */
export async function installElectron(
  root: string,
  onProgress: (download: Download) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const installer = join(packageFolder(root), 'install.js')
  if (!existsSync(installer)) return 'The package electron is not installed; "npm ci" installs it.'
  const child = spawn(
    process.execPath,
    ['--import', new URL('./download-progress.ts', import.meta.url).href, installer],
    {
      cwd: root,
      env: { ...process.env, ELECTRON_GET_NO_PROGRESS: '1' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal,
    },
  )
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.on('message', (message) => onProgress(message as Download))
  // A stopped installer reports an error before it closes.
  child.on('error', (cause) => (errors += cause.message))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (code === 0) return undefined
  return `Electron could not be downloaded: ${messageOf(errors)}.`
}

/** The message of a stack trace: `getaddrinfo ENOTFOUND github.com`. */
function messageOf(trace: string): string {
  const [line = ''] = trace.trim().split('\n')
  return line.replace(/^\w*Error: /, '').replace(/\.$/, '')
}

const packageFolder = (root: string): string => join(root, 'node_modules', 'electron')
