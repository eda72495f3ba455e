import { spawn } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { StudioError } from '#contract/api/errors.ts'
import { describeExit } from '#node/processes.ts'

/** How to install the native part of an engine in the folder of its package. */
export interface Recipe {
  /** What is installed, to start a sentence with. */
  readonly title: string
  /** Folder of the package. */
  readonly folder: string
  /** Paths in that folder that the installation creates. If it fails, their former contents are restored. */
  readonly makes: readonly string[]
  /** Prepares the folder for the command. */
  prepare?(): void
  /** Arguments for Node, with that folder as working directory. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

export interface InstallOptions {
  readonly nodePath: string
  readonly signal: AbortSignal
  /** Receives the command's progress, line by line. */
  onProgress(line: string): void
  /** Tries what was installed. @throws with the reason if it does not work */
  verify(): Promise<void>
}

const keptLines = 12
const networkError =
  /ENOTFOUND|EAI_AGAIN|ECONN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|HTTP status code|TAR_BAD_ARCHIVE|certificate/

/**
 * Installs a recipe and tries the result. On failure the former contents are restored.
 * @throws StudioError `engine-unavailable` with the error of the network or the command, `cancelled` if the signal aborts
 */
export async function install(recipe: Recipe, options: InstallOptions): Promise<void> {
  const before = setAside(recipe)
  try {
    recipe.prepare?.()
    await runCommand(recipe, options)
    const missing = recipe.makes.find((path) => !existsSync(join(recipe.folder, path)))
    if (missing !== undefined) throw failed(recipe, `the command ended without errors but did not create ${missing}.`)
    await options.verify()
  } catch (cause) {
    before.restore()
    throw cause
  }
  before.discard()
}

/** Renames existing paths, which takes no time and no space. */
function setAside({ folder, makes }: Recipe): { restore(): void; discard(): void } {
  const moved = makes.map((path) => ({ path: join(folder, path), aside: join(folder, `${path}.before`) }))
  for (const { path, aside } of moved) {
    // Left by an installation that was killed.
    if (existsSync(aside)) rmSync(path, { recursive: true, force: true })
    else if (existsSync(path)) renameSync(path, aside)
  }
  return {
    restore() {
      for (const { path, aside } of moved) {
        rmSync(path, { recursive: true, force: true })
        if (existsSync(aside)) renameSync(aside, path)
      }
    },
    discard() {
      for (const { aside } of moved) rmSync(aside, { recursive: true, force: true })
    },
  }
}

async function runCommand(recipe: Recipe, { nodePath, signal, onProgress }: InstallOptions): Promise<void> {
  const child = spawn(nodePath, [...recipe.command], {
    cwd: recipe.folder,
    env: { ...process.env, ...recipe.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const stop = () => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return
      lines.push(line.trim())
      if (stream === child.stdout) onProgress(line)
    })
  }
  try {
    if (signal.aborted) stop()
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, killedBy) => resolve(describeExit(code, killedBy)))
    })
    if (signal.aborted)
      throw new StudioError(
        'cancelled',
        'The installation was cancelled. Nothing was changed.',
        'Start it again to install the engine.',
      )
    if (exit === describeExit(0, null)) return
    // Node prints the line of code that threw above the error; it can match as well.
    const matches = lines.filter((line) => networkError.test(line))
    const message = matches.find((line) => /^\w*Error: /.test(line)) ?? matches[0]
    if (message === undefined) throw failed(recipe, [`${exit}.`, ...lines.slice(-keptLines)].join('\n'))
    throw new StudioError(
      'engine-unavailable',
      `${recipe.title} could not be downloaded: ${message.replace(/^(\w*Error: )+/, '')}.`,
      'Check the network and the proxy (HTTPS_PROXY), then try again. Nothing was changed; the other engines work as before.',
    )
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

const failed = ({ title }: Recipe, reason: string): StudioError =>
  new StudioError(
    'engine-unavailable',
    `${title} could not be installed: ${reason}`,
    'Nothing was changed; the other engines work as before.',
  )
